import ArgumentParser
import JSON

struct WhoCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "who", abstract: "How many of these users get which variant of a flag, and why.",
        discussion: """
            The control node evaluates what it has published for each key; nothing is published and nothing kept. What \
            --context gives is the same for every user.
            """)

    static let examples = [
        Example("pilotlight who new-checkout --keys-from users.txt", "Targeting keys, one to a line"),
        Example(
            "pilotlight who new-checkout --keys-from users.csv --column id --context plan=gold",
            "A column of a CSV file"),
        Example("pilotlight pilot show beta | pilotlight who new-checkout --keys-from -", "A pilot group's members"),
    ]

    @Argument(help: "The flag's key.", completion: .custom(NameCompletion.flags)) var key: String
    @Option(
        help: "Targeting keys: a file with one to a line, or a column of a CSV file; - is standard input.",
        completion: .file())
    var keysFrom: String
    @Option(help: "The column of a CSV file that holds the keys; the first of one that ends in .csv.")
    var column: String?
    @OptionGroup var context: ContextOption
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await WhoQuestion(
            list: FlagChange.list, key: key, environment: environment.name,
            keys: KeyFile.distinct(try KeyFile.read(keysFrom, column: column)), context: context.members()
        ).asked(of: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        WhoQuestion.text(answer, heading: "VARIANT", of: "\(key) in \(environment.name)", style)
    }
}
