import ArgumentParser
import JSON

struct EnvironmentListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Every environment.")

    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments")
    }

    func text(for answer: JSONValue) -> String {
        var table = TextTable("ENVIRONMENT", "BUCKETING", "EPOCH", "REVISION", "FLAGS", "PILOTS", "ENTRIES", "WRITES")
        var notes: [String] = []
        for environment in answer["environments"]?.arrayValue ?? [] {
            let name = environment["name"]?.stringValue ?? "?"
            let blocked = environment["blocked"]
            let isBlocked = blocked?.objectValue != nil
            table.add(
                name, environment["bucketing"]?.stringValue ?? "?",
                (environment["revision"]?["epoch"]?["counter"]?.integerValue).map { "\($0)" } ?? "–",
                RevisionText.number(environment["revision"]),
                "\(environment["flags"]?.integerValue ?? 0)", "\(environment["pilots"]?.integerValue ?? 0)",
                "\(environment["entries"]?.integerValue ?? 0)", isBlocked ? "blocked" : "open")
            if isBlocked {
                let reason = blocked?["detail"]?.stringValue ?? blocked?["reason"]?.stringValue ?? "unknown reason"
                notes.append(
                    "\(name) takes no writes: \(reason)\n  hint: `pilotlight environment new-epoch \(name)` shows what "
                        + "the agents hold")
            }
        }
        return ([table.text] + notes).joined(separator: "\n")
    }
}
