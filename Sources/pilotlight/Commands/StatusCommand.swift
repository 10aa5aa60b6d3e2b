import ArgumentParser
import JSON

struct StatusCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What is deployed, and what of it users get.",
        discussion: """
            A version that is on machines, or given to users, is one of: deployed, not yet released: nobody gets it yet; \
            being released: some get it, by a release or by a split, a rollout or pilot groups; released: everybody's; \
            dormant: nobody gets it any more. Below stand the flags that releases change.
            """)

    static let examples = [
        Example("pilotlight status", "The environment at a glance"),
        Example("pilotlight status --environment staging --json", "As JSON"),
    ]

    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "status")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let versions = answer["components"]?.arrayValue ?? []
        var components = TextTable("COMPONENT", "VERSION", "STATE", "SHARE", "DEPLOYMENT", "AGENTS", "RELEASE")
        for version in versions {
            components.add(
                TextTable.Cell(Self.text(version, "component"), .bold), Self.text(version, "version"),
                Self.state(version), Self.text(version, "share"), Self.text(version, "deployment"),
                version["agents"]?.integerValue.map { "\($0)" } ?? "–", Self.text(version, "release"))
        }
        let released = answer["flags"]?.arrayValue ?? []
        var flags = TextTable("FLAG", "VARIANT", "STATE", "SHARE", "RELEASE")
        for flag in released {
            flags.add(
                TextTable.Cell(Self.text(flag, "flag"), .bold), Self.text(flag, "variant"), Self.state(flag),
                Self.text(flag, "share"), Self.text(flag, "release"))
        }
        let summary = style.paint(
            "\(CountText.of(versions.count, "version")), \(CountText.of(released.count, "flag")) in releases, in "
                + "\(environment.name) at \(RevisionText.full(answer["revision"]))", .dim)
        let tables = [versions.isEmpty ? nil : components.text(style), released.isEmpty ? nil : flags.text(style)]
            .compactMap { $0 }
        guard style.isTerminal else { return tables.joined(separator: "\n") }
        return tables.joined(separator: "\n\n") + (tables.isEmpty ? "" : "\n") + summary
    }

    private static func text(_ entry: JSONValue, _ member: String) -> String {
        entry[member]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "–"
    }

    private static func state(_ entry: JSONValue) -> TextTable.Cell {
        switch entry["state"]?.stringValue {
        case "deployed": TextTable.Cell("deployed, not yet released", .cyan)
        case "releasing": TextTable.Cell("being released", .yellow)
        case "released": TextTable.Cell("released", .green)
        case "dormant": TextTable.Cell("dormant", .dim)
        case let other: TextTable.Cell(other ?? "?")
        }
    }
}
