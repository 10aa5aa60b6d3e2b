import ArgumentParser
import JSON

struct ReleaseCreateCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a release, a draft, from a file or from a template.",
        discussion: """
            A file (JSON or YAML) says what is released, what that requires, the stages and the announcement. With \
            --template the options say it: gradual is staff, pilot customers, 1 %, 10 %, 50 % and everyone, each by hand, \
            with the pilot groups staff and pilot-customers. Users get nothing by this: `pilotlight release start` starts it.
            """)

    static let examples = [
        Example("pilotlight release create autumn-sale.yaml", "As the file says"),
        Example("pilotlight release create autumn-sale.yaml --replace", "In place of the draft of that name"),
        Example(
            "pilotlight release create autumn-sale --template gradual --flag new-cart=on --component checkout=1.4.2 "
                + "--require \"everywhere: checkout >= 1.4.2\" --opens 2026-12-01T09:00:00+01:00",
            "A flag and a version in one, opening at that moment"),
    ]

    enum Template: String, ExpressibleByArgument, CaseIterable {
        case gradual
    }

    @Argument(
        help: ArgumentHelp(
            "A plan, JSON or YAML; - is standard input. With --template the release's name.", valueName: "file|name"),
        completion: .file())
    var source: String
    @Flag(help: "In place of a draft that has its name.") var replace = false
    @Option(help: "Make a plan of that kind out of the options.") var template: Template?
    @Option(
        help: ArgumentHelp("With --template: give users this variant of a flag; repeatable.", valueName: "key=variant"))
    var flag: [ReleasedVariant] = []
    @Option(
        help: ArgumentHelp(
            "With --template: give users this version of a component; repeatable.", valueName: "name=version"))
    var component: [ReleasedVariant] = []
    @Option(
        help: ArgumentHelp(
            "With --template: what must be deployed, such as \"everywhere: checkout >= 1.4.2\" or \"present: checkout "
                + "1.4.2, at least 2 verified\"; repeatable.", valueName: "text"))
    var require: [String] = []
    @Option(
        help: ArgumentHelp("With --template: when it opens, such as 2026-12-01T09:00:00Z or +2h.", valueName: "time"))
    var opens: Instant?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard template == nil else {
            if flag.isEmpty && component.isEmpty {
                throw ValidationError("Say what is released: --flag KEY=VARIANT or --component NAME=VERSION.")
            }
            return
        }
        guard flag.isEmpty, component.isEmpty, require.isEmpty, opens == nil else {
            throw ValidationError(
                "--flag, --component, --require and --opens make a plan with --template; otherwise the file says it.")
        }
    }

    /// The plan that the options make.
    func plan(_ template: Template) -> JSONValue {
        var plan: JSONObject = [
            "name": .string(source),
            "changes": .array(
                flag.map { ["flag": .string($0.name), "variant": .string($0.variant)] }
                    + component.map { ["component": .string($0.name), "version": .string($0.variant)] }),
            "template": .string(template.rawValue),
        ]
        if !require.isEmpty { plan["requires"] = .array(require.map { .string($0) }) }
        if let opens { plan["opens"] = .string(opens.text) }
        return .object(plan)
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let document =
            try template.map { InputDocument(name: "the options", text: plan($0).prettyText()) }
            ?? InputDocument(source)
        return try await control.change(
            "environments", environment.name, ReleaseChange.list, document: document,
            query: replace ? ["replace": "true"] : [:], terms: change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }
}
