import ArgumentParser

/// What a release gives, as one types it: `new-cart=on` of a flag, `checkout=1.4.2` of a component.
struct ReleasedVariant: ExpressibleByArgument {
    var name: String
    var variant: String

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        variant = String(argument[argument.index(after: equals)...])
        guard !variant.isEmpty else { return nil }
    }
}
