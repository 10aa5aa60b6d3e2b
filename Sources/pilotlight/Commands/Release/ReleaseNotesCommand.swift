import ArgumentParser
import JSON

struct ReleaseNotesCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "notes", abstract: "A release's announcement, as its audience reads it: Markdown.")

    static let examples = [
        Example("pilotlight release notes autumn-sale", "For users"),
        Example("pilotlight release notes autumn-sale --audience support", "For support, with links to training"),
    ]

    enum Audience: String, ExpressibleByArgument, CaseIterable {
        case users, support, staff
    }

    @Argument(help: "The release's name.", completion: .custom(NameCompletion.releases)) var name: String
    @Option(help: "Whom it is for.") var audience = Audience.users
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get(
            "environments", environment.name, ReleaseChange.list, name, "notes", query: ["audience": audience.rawValue])
    }

    /// Markdown, on a terminal too.
    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        var parts: [String] = []
        if let title = answer["title"]?.stringValue, !title.isEmpty {
            parts.append(style.paint("# " + PrintableText.of(title), .bold))
        }
        if let text = answer["text"]?.stringValue, !text.isEmpty {
            // Its lines are its own; nothing else of it is the terminal's.
            parts.append(
                text.split(separator: "\n", omittingEmptySubsequences: false).map { PrintableText.of(String($0)) }
                    .joined(separator: "\n"))
        }
        let links = (answer["links"]?.arrayValue ?? []).map { link in
            let url = PrintableText.of(link["url"]?.stringValue ?? "")
            return "- [\(PrintableText.of(link["title"]?.stringValue ?? url))](\(url))"
        }
        if !links.isEmpty { parts.append(links.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }
}
