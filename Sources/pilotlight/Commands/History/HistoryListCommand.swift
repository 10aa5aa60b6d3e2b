import ArgumentParser
import JSON

struct HistoryListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Revisions, newest first: of everything, or of one flag, component or pilot group.")

    static let examples = [
        Example("pilotlight history", "The newest twenty changes"),
        Example("pilotlight history new-checkout --limit 100", "What happened to one flag, component or pilot group"),
        Example(
            "pilotlight history early-birds --kind pilot --json", "Of the pilot group, where a flag has the name too"),
    ]

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case flag, component, pilot, kill, release, floor
        case componentKill = "component-kill"
        case componentFloor = "component-floor"
    }

    @Argument(
        help: "A flag's key, or a component's or a pilot group's name.",
        completion: .custom(NameCompletion.flagsAndComponents))
    var key: String?
    @Option(help: "Of one kind only.") var kind: Kind?
    @Option(help: "How many, at most.") var limit = 20
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("The value '\(limit)' is invalid for '--limit': give 1 or more.") }
        if kind != nil && key == nil { throw ValidationError("--kind says of what kind KEY is: name a key, too.") }
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        var query: [String: String] = [:]
        if let key { query["key"] = key }
        if let kind { query["kind"] = kind.rawValue }
        return try await control.list(
            "environments", environment.name, "history", member: "history", query: query, most: limit,
            progress: "the history")
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let entries = (answer["history"]?.arrayValue ?? []).map(HistoryEntry.init)
        var table = TextTable("REVISION", "TIME (UTC)", "WHO", "WHY", "WHAT")
        for entry in entries { table.add(entry.row(style)) }
        let count = CountText.of(entries.count, "revision")
        let more =
            answer["next"] ?? .null == .null
            ? answer["oldest"]?.integerValue ?? 0 > 0 && key == nil ? "; older ones are no longer kept" : ""
            : "; --limit \(limit * 5) shows more"
        return table.text(style, summary: "\(count) of \(key ?? environment.name)\(more)")
    }
}
