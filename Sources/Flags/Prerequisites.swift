/// How many other flags a flag may require. Each is a `FlagVariant` that the same user must get before the flag's own rules
/// are asked.
package enum Prerequisites {
    /// Of one flag.
    package static let most = 16
    /// Flags that one lookup may have to ask by way of prerequisites, each as often as it is asked.
    package static let mostAsked = 100
}
