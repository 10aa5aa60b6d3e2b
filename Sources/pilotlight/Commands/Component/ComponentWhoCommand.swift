import ArgumentParser
import JSON

struct ComponentWhoCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "who",
        abstract: "Who gets which version of a component: as it is set, or counted of a list of users.",
        discussion: """
            Without a list: each way to a version, in the order in which they are tried. With --keys-from the control \
            node evaluates what it has published for each key; what --context gives is the same for every user.
            """)

    static let examples = [
        Example("pilotlight component who checkout", "As it is set: pilot groups, release, rollout, slots, default"),
        Example("pilotlight component who checkout --keys-from users.txt", "How many of these users get which version"),
        Example(
            "pilotlight component who checkout --keys-from users.csv --column id --context plan=gold",
            "A column of a CSV file"),
    ]

    @Argument(help: "The component's name.", completion: .custom(NameCompletion.components)) var name: String
    @Option(
        help: "Targeting keys: a file with one to a line, or a column of a CSV file; - is standard input.",
        completion: .file())
    var keysFrom: String?
    @Option(help: "The column of a CSV file that holds the keys; the first of one that ends in .csv.")
    var column: String?
    @OptionGroup var context: ContextOption
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard keysFrom == nil else { return }
        if column != nil { throw ValidationError("--column is of a file: name it with --keys-from.") }
        if !context.context.isEmpty {
            throw ValidationError("--context is that of users: name them with --keys-from.")
        }
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        guard let keysFrom else {
            return try await control.get("environments", environment.name, ComponentChange.list, name)
        }
        return try await WhoQuestion(
            list: ComponentChange.list, key: name, environment: environment.name,
            keys: KeyFile.distinct(try KeyFile.read(keysFrom, column: column)), context: context.members()
        ).asked(of: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        guard keysFrom == nil else {
            return WhoQuestion.text(answer, heading: "VERSION", of: "\(name) in \(environment.name)", style)
        }
        return Self.text(for: answer, environment: environment.name, at: TimeText.now, style)
    }

    /// Each way to a version.
    /// - Parameter now: seconds since 1970, for the share that a ramp is at.
    static func text(
        for answer: JSONValue, environment: String, at now: Int64, _ style: OutputStyle
    ) -> String {
        let component = ShownComponent(json: answer)
        var table = TextTable("WHO", "VERSION", "UPSTREAM", "SHARE")
        for way in component.ways(at: now) {
            table.add(way.who, TextTable.Cell(way.version, .bold), way.upstream ?? "–", way.share ?? "–")
        }
        return table.text(
            style,
            summary: "the first that a user is in, of \(component.name) in \(environment) at "
                + RevisionText.full(answer["revision"]))
    }
}
