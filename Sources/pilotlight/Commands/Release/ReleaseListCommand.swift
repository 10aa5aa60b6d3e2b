import ArgumentParser
import JSON

struct ReleaseListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every release of an environment; or, with --calendar, what lies ahead.")

    static let examples = [
        Example("pilotlight release list", "Name, state, stage, what each changes"),
        Example("pilotlight release list --state running", "Those that users are getting now"),
        Example("pilotlight release list --calendar", "Openings, stages and freeze windows, in the order of time"),
        Example(
            "pilotlight release list --calendar --from 2026-12-01T00:00:00Z --until 2027-01-01T00:00:00Z", "In December"
        ),
    ]

    @Option(help: "Those in one state only: draft, scheduled, armed, running, held, launched, rolled-back, cancelled.")
    var state: String?
    @Flag(help: "Openings, stages and freeze windows, in the order of time.") var calendar = false
    @Option(help: ArgumentHelp("With --calendar: from this moment on; otherwise from now.", valueName: "time"))
    var from: Instant?
    @Option(help: ArgumentHelp("With --calendar: up to this moment.", valueName: "time")) var until: Instant?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let state, ShownRelease.State(rawValue: state) == nil {
            throw ValidationError(
                "The value '\(state)' is invalid for '--state': give draft, scheduled, armed, running, held, launched, "
                    + "rolled-back or cancelled.")
        }
        if !calendar && (from != nil || until != nil) {
            throw ValidationError("--from and --until are of the calendar: add --calendar.")
        }
        if calendar && state != nil { throw ValidationError("--calendar and --state exclude each other.") }
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        guard calendar else {
            return try await control.get(
                "environments", environment.name, ReleaseChange.list, query: state.map { ["state": $0] } ?? [:])
        }
        var query: [String: String] = [:]
        if let from { query["from"] = from.text }
        if let until { query["until"] = until.text }
        return try await control.get("environments", environment.name, "calendar", query: query)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        calendar ? Self.calendar(answer, environment.name, style) : Self.list(answer, environment.name, style)
    }

    private static func list(_ answer: JSONValue, _ environment: String, _ style: OutputStyle) -> String {
        let releases = (answer["releases"]?.arrayValue ?? []).map(ShownRelease.init)
        var table = TextTable("RELEASE", "STATE", "STAGE", "CHANGES", "OPENS", "GATE")
        for release in releases {
            table.add(
                TextTable.Cell(release.name, .bold), TextTable.Cell(release.stateWords, release.state?.colour),
                release.stageNumber.map { "\($0)/\(release.stages.count)" } ?? "–",
                release.changes.joined(separator: ", "), release.opensYet ?? "–",
                release.state?.isOver == true ? "–" : release.gate.cell)
        }
        return table.text(
            style, summary: "\(CountText.of(releases.count, "release")) in \(environment)")
    }

    private static func calendar(_ answer: JSONValue, _ environment: String, _ style: OutputStyle) -> String {
        let entries = answer["entries"]?.arrayValue ?? []
        var table = TextTable("FROM", "UNTIL", "WHAT", "NAME", "DETAIL")
        for entry in entries {
            let kind = entry["kind"]?.stringValue ?? "?"
            table.add(
                TimeText.of(entry["from"]) ?? "–", TimeText.of(entry["until"]) ?? "–",
                TextTable.Cell(kind, kind == "freeze" ? .cyan : .green),
                TextTable.Cell((entry["release"]?.stringValue ?? entry["name"]?.stringValue) ?? "?", .bold),
                entry["detail"]?.stringValue ?? "")
        }
        return table.text(style, summary: "\(CountText.of(entries.count, "entry", "entries")) in \(environment)")
    }
}
