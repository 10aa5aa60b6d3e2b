import ArgumentParser

/// What is decided for a user: a flag or, with `--component`, which version of a component.
struct DecidedSubject: ParsableArguments {
    @Argument(help: "The flag's key.", completion: .custom(NameCompletion.flags)) var key: String?
    @Option(
        help: "Instead of a flag, the version of this component.", completion: .custom(NameCompletion.components))
    var component: String?

    func validate() throws {
        switch (key, component) {
        case (nil, nil): throw ValidationError("Say what is asked for: a flag's KEY, or --component NAME.")
        case (_?, _?): throw ValidationError("Ask for one at a time: a flag's KEY, or --component NAME.")
        default: break
        }
    }

    var name: (text: String, isComponent: Bool) { (component ?? key ?? "", component != nil) }

    /// The list it stands in, in the operator API's paths.
    var list: String { component == nil ? FlagChange.list : ComponentChange.list }

    /// How it is named in messages.
    var title: String { component.map { "component \($0)" } ?? key ?? "" }
}
