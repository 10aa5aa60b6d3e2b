import ArgumentParser
import JSON

struct FlagListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Every flag of an environment.")

    static let examples = [
        Example("pilotlight flag list", "Key, state, default variant, variants, targeting"),
        Example("pilotlight flag list --environment staging --json", "Whole definitions, as JSON"),
    ]

    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.list("environments", environment.name, "flags", member: "flags")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let flags = answer["flags"]?.arrayValue ?? []
        var table = TextTable("FLAG", "STATE", "DEFAULT", "VARIANTS", "TARGETING")
        for flag in flags {
            let variants = flag["variants"]?.objectValue?.map(\.key).joined(separator: " ") ?? ""
            let state = flag["state"]?.stringValue ?? "?"
            table.add(
                TextTable.Cell(flag["key"]?.stringValue ?? "?", .bold),
                TextTable.Cell(state, state == "ENABLED" ? .green : .yellow),
                flag["defaultVariant"]?.stringValue ?? "–", variants, Self.hasTargeting(flag) ? "yes" : "–")
        }
        return table.text(
            style,
            summary: "\(CountText.of(flags.count, "flag")) in \(environment.name) at "
                + RevisionText.full(answer["revision"]))
    }

    private static func hasTargeting(_ flag: JSONValue) -> Bool {
        switch flag["targeting"] {
        case nil, .null: false
        case .object(let rule): !rule.isEmpty
        default: true
        }
    }
}
