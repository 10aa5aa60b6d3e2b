import JSON

/// A flag and one of its variants, or a component and one of its versions: what a flag requires, or what a release brings.
package struct FlagVariant: Sendable, Hashable {
    /// Of a component, the key that it is decided under.
    package var flag: String
    /// Of a component, the version.
    package var variant: String

    package init(flag: String, variant: String) {
        self.flag = flag
        self.variant = variant
    }

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
