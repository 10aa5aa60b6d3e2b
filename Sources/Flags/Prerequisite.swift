import JSON

/// Another flag that must give this variant to the same user, or a component this version, before a flag's own rules are
/// asked.
package struct Prerequisite: Sendable, Hashable {
    /// Of a component, the key that it is decided under.
    package var flag: String
    /// Of a component, the version.
    package var variant: String

    package init(flag: String, variant: String) {
        self.flag = flag
        self.variant = variant
    }

    /// Of one flag.
    package static let most = 16
    /// Flags that one lookup may have to ask by way of prerequisites, each as often as it is asked.
    package static let mostAsked = 100

    package var json: JSONValue {
        guard let component = ComponentKey.component(of: flag) else {
            return .object(["flag": .string(flag), "variant": .string(variant)])
        }
        return .object(["component": .string(component), "version": .string(variant)])
    }

    /// Nil for another shape.
    package init?(_ json: JSONValue) {
        guard case .object(let object) = json, object.count == 2 else { return nil }
        if let flag = object["flag"]?.stringValue, let variant = object["variant"]?.stringValue,
            !ComponentKey.isComponent(flag)
        {
            self.init(flag: flag, variant: variant)
        } else if let component = object["component"]?.stringValue, let version = object["version"]?.stringValue {
            self.init(flag: ComponentKey.flagKey(of: component), variant: version)
        } else {
            return nil
        }
    }
}
