import JSON

/// Another flag that must give this variant to the same user, before a flag's own rules are asked.
package struct Prerequisite: Sendable, Hashable {
    package var flag: String
    package var variant: String

    package init(flag: String, variant: String) {
        self.flag = flag
        self.variant = variant
    }

    /// Of one flag.
    package static let most = 16
    /// Flags that one lookup may have to ask by way of prerequisites, each as often as it is asked.
    package static let mostAsked = 100

    package var json: JSONValue { .object(["flag": .string(flag), "variant": .string(variant)]) }
}
