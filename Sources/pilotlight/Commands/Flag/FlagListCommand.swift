import ArgumentParser
import JSON

struct FlagListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Every flag of an environment.")

    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "flags")
    }

    func text(for answer: JSONValue) -> String {
        let flags = answer["flags"]?.arrayValue ?? []
        var table = TextTable("FLAG", "STATE", "DEFAULT", "VARIANTS", "TARGETING")
        for flag in flags {
            let variants = flag["variants"]?.objectValue?.map(\.key).joined(separator: " ") ?? ""
            table.add(
                flag["key"]?.stringValue ?? "?", flag["state"]?.stringValue ?? "?",
                flag["defaultVariant"]?.stringValue ?? "–", variants, Self.hasTargeting(flag) ? "yes" : "–")
        }
        return table.text
            + "\n\(CountText.of(flags.count, "flag")) in \(environment.name) at \(RevisionText.full(answer["revision"]))"
    }

    private static func hasTargeting(_ flag: JSONValue) -> Bool {
        switch flag["targeting"] {
        case nil, .null: false
        case .object(let rule): !rule.isEmpty
        default: true
        }
    }
}
