import ArgumentParser
import JSON

struct EnvironmentDiffCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What would have to change in one environment to make it like another.",
        discussion: "\"+\" is only in the second, \"−\" only in the first, \"~\" in both and different.")

    static let examples = [
        Example("pilotlight environment diff production staging", "What does staging have that production doesn't?"),
        Example("pilotlight environment diff production staging --json", "With the definitions of both"),
    ]

    @Argument(help: "The environment that is compared.", completion: .custom(NameCompletion.environments))
    var name: String
    @Argument(help: "The one it is compared with.", completion: .custom(NameCompletion.environments))
    var other: String
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", name, "diff", query: ["with": other])
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let lines = DiffText.lines(answer, style)
        let from = "\(name) at \(RevisionText.full(answer["from"]?["revision"]))"
        let to = "\(other) at \(RevisionText.full(answer["to"]?["revision"]))"
        let count =
            lines.isEmpty
            ? "no difference" : CountText.of(lines.count, "entry differs", "entries differ")
        return (lines + [style.paint("\(count): \(from), \(to)", .dim)]).joined(separator: "\n")
    }
}
