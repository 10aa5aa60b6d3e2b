import Flags
import JSON

/// One release as the operator API gives it, for people.
struct ShownRelease {
    enum State: String {
        case draft, scheduled, armed, running, held, launched, cancelled
        case rolledBack = "rolled-back"

        var colour: OutputStyle.Colour? {
            switch self {
            case .running, .launched: .green
            case .held: .yellow
            case .rolledBack: .red
            case .scheduled, .armed: .cyan
            case .draft, .cancelled: .dim
            }
        }

        /// No order can change it any more, but that a launched one can be rolled back.
        var isOver: Bool { [.launched, .rolledBack, .cancelled].contains(self) }

        /// As it is said: `rolled back`
        var words: String { rawValue.replacing("-", with: " ") }
    }

    let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    /// Another release of the same name has another.
    var id: String? { json["id"]?.stringValue }
    var name: String { member("name")?.stringValue ?? "?" }
    var state: State? { State(rawValue: json["state"]?.stringValue ?? "") }
    var stateWords: String { state?.words ?? PrintableText.of(json["state"]?.stringValue ?? "?") }
    var title: String? { text("title") }
    var owner: String? { text("owner") }
    var plan: ShownPlan { ShownPlan(json: json["plan"] ?? .null) }
    var opensSeconds: Int64? { TimeText.unixSeconds(member("opens")) }
    var opens: String? { opensSeconds.map { TimeText.of(unixSeconds: $0) } }
    /// Its opening time went by before it was armed.
    var isMissed: Bool { json["missed"]?.boolValue == true }
    /// When users were given it first; nil where they never were.
    var opened: String? { history.first { $0.to == .running }?.time }
    /// Whatever came of it: a draft was not, and of a cancelled one its history tells.
    var wasStarted: Bool {
        switch state {
        case .draft, nil: false
        case .cancelled: history.contains { [.scheduled, .armed].contains($0.to) }
        case .scheduled, .armed, .running, .held, .launched, .rolledBack: true
        }
    }
    /// When it is to open, until it has.
    var opensYet: String? { [.draft, .scheduled, .armed].contains(state) ? opens : nil }
    /// Plain sentences.
    var waitingFor: [String] { (json["waitingFor"]?.arrayValue ?? []).compactMap(\.stringValue) }
    var gate: ShownGate { ShownGate(json: json["gate"] ?? .null) }

    /// A member of the plan; some stand beside the state, too.
    private func member(_ name: String) -> JSONValue? {
        json[name].flatMap { $0 == .null ? nil : $0 } ?? json["plan"]?[name]
    }

    private func text(_ name: String) -> String? {
        member(name)?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `new-checkout → on`, `component checkout → 1.4.2`
    var changes: [String] {
        (member("changes")?.arrayValue ?? []).map { change in
            func name(_ member: String) -> String { PrintableText.of(change[member]?.stringValue ?? "?") }
            return change["component"] != nil
                ? "component \(name("component")) → \(name("version"))" : "\(name("flag")) → \(name("variant"))"
        }
    }

    // MARK: Stages

    /// One stage of the plan.
    struct Stage {
        let json: JSONValue

        var name: String { PrintableText.of(json["name"]?.stringValue ?? "?") }
        var advancesByItself: Bool { json["advance"] == "by-itself" }
        /// `10m`; nil where it has none.
        var minimum: String? {
            json["minimum"]?.stringValue.flatMap { $0 == "0s" ? nil : PrintableText.of($0) }
        }

        /// Whom it adds: `10 %, pilots staff beta`
        var audience: String {
            let percentage = json["percentage"].flatMap { Percentage($0) } ?? .none
            let pilots = (json["pilots"]?.arrayValue ?? []).compactMap(\.stringValue).map(PrintableText.of)
            var parts = percentage == .none && !pilots.isEmpty ? [] : [percentage.text]
            if !pilots.isEmpty { parts.append("pilots " + pilots.joined(separator: " ")) }
            return parts.joined(separator: ", ")
        }

        /// `after 10m by itself`, `by hand`
        var next: String { (minimum.map { "after \($0) " } ?? "") + (advancesByItself ? "by itself" : "by hand") }
    }

    var stages: [Stage] { (member("stages")?.arrayValue ?? []).map(Stage.init) }
    /// From 1; nil where it is in none.
    var stageNumber: Int? { json["stage"]?["index"]?.integerValue.map { Int($0) } }
    var currentStage: Stage? { stageNumber.flatMap { stages.indices.contains($0 - 1) ? stages[$0 - 1] : nil } }
    /// When its minimum is over, in seconds since 1970.
    var minimumUntil: Int64? { TimeText.unixSeconds(json["stage"]?["minimumUntil"]) }

    /// `stage 2 of 4 (staff)`; nil where it is in none.
    var stageWords: String? {
        guard let number = stageNumber else { return nil }
        let count = json["stage"]?["count"]?.integerValue.map { Int($0) } ?? stages.count
        let name = json["stage"]?["name"]?.stringValue.map { " (\(PrintableText.of($0)))" } ?? ""
        return "stage \(number) of \(count)\(name)"
    }

    /// `running, stage 2 of 4 (staff)`, `scheduled, opens 2026-12-01 08:00:00 UTC`
    func standing(_ style: OutputStyle) -> String {
        let words = style.paint(stateWords, state?.colour)
        switch state {
        case .running, .held: return words + (stageWords.map { ", \($0)" } ?? "")
        case .scheduled, .armed: return words + (opens.map { ", opens \($0)" } ?? "")
        default: return words
        }
    }

    /// What an order came to.
    func outcome(_ style: OutputStyle) -> String {
        var lines = ["\(PrintableText.of(name)): \(standing(style))"]
        lines += waitingFor.map { "  waits for: \(PrintableText.of($0))" }
        lines += DiffText.warnings(json, style)
        if json["revision"] != nil { lines.append(RevisionText.full(json["revision"])) }
        return lines.joined(separator: "\n")
    }

    // MARK: History

    /// One transition.
    struct Transition {
        let json: JSONValue

        var number: Int64 { json["number"]?.integerValue ?? 0 }
        var time: String { TimeText.of(json["at"]) ?? "–" }
        var actor: String { PrintableText.of(json["actor"]?.stringValue ?? "") }
        var why: String { PrintableText.of(json["why"]?.stringValue ?? "") }
        var to: State? { State(rawValue: json["to"]?.stringValue ?? "") }
        /// From 1.
        var stage: Int64? { json["stage"]?.integerValue }

        /// `armed → running`, `running`: one that leads from a state to itself is another stage.
        var words: String {
            let to = to?.words ?? "?"
            guard let from = json["from"]?.stringValue.flatMap({ State(rawValue: $0) }), from != self.to else {
                return to
            }
            return "\(from.words) → \(to)"
        }
    }

    /// The oldest first.
    var history: [Transition] {
        (json["history"]?.arrayValue ?? []).map(Transition.init).sorted { $0.number < $1.number }
    }

    /// `2026-01-31 10:20:30 UTC  armed → running, stage 1 of 4 (staff)  ann: spring sale`
    func line(_ transition: Transition, _ style: OutputStyle) -> String {
        var what = style.paint(transition.words, transition.to?.colour)
        if [.running, .held].contains(transition.to), let stage = transition.stage.map({ Int($0) }) {
            let name = stages.indices.contains(stage - 1) ? " (\(stages[stage - 1].name))" : ""
            what += ", stage \(stage) of \(stages.count)\(name)"
        }
        let who = [transition.actor, transition.why].filter { !$0.isEmpty }.joined(separator: ": ")
        return style.paint(transition.time, .dim) + "  " + what + (who.isEmpty ? "" : "  \(who)")
    }
}
