import JSON

/// One agent of the registry, as the operator API gives it.
struct FleetAgent {
    enum State: String {
        case live, silent, gone
    }

    var id: String
    var name: String
    var state: State
    var revision: JSONValue?
    var number: Int64?
    var lag: Int64?
    var lastSeenSeconds: Double
    var service: String?
    var version: String?
    /// `unchecked`, `passing` or `failing`.
    var health: String
    /// Milliseconds by which its clock is ahead of control's.
    var skew: Int64?
    /// Names of quarantined entries: the first of them, where there are many.
    var quarantined: [String]
    var quarantinedCount: Int64
    var conflict: String?
    var duplicateId: Bool

    init(_ json: JSONValue) {
        id = json["id"]?.stringValue ?? "?"
        name = json["name"]?.stringValue ?? id
        state = State(rawValue: json["state"]?.stringValue ?? "") ?? .silent
        revision = json["revision"]
        number = json["revision"]?["number"]?.integerValue ?? json["number"]?.integerValue
        lag = json["lag"]?.integerValue
        lastSeenSeconds = json["lastSeenSeconds"]?.doubleValue ?? 0
        service = json["service"]?.stringValue
        version = json["version"]?.stringValue
        health = json["health"]?.stringValue ?? "unchecked"
        skew = json["skewMs"]?.integerValue
        quarantined = (json["quarantined"]?.arrayValue ?? []).compactMap(\.stringValue)
        quarantinedCount = json["quarantinedCount"]?.integerValue ?? Int64(quarantined.count)
        conflict = json["conflict"]?.stringValue
        duplicateId = json["duplicateId"]?.boolValue ?? false
    }

    static func all(in answer: JSONValue) -> [FleetAgent] {
        (answer["agents"]?.arrayValue ?? []).map(FleetAgent.init)
    }

    /// `3 s`, `2 min`, `5 h`
    var lastSeen: String {
        switch lastSeenSeconds {
        case ..<10: "\((lastSeenSeconds * 10).rounded() / 10) s"
        case ..<120: "\(Int(lastSeenSeconds)) s"
        case ..<7200: "\(Int(lastSeenSeconds / 60)) min"
        default: "\(Int(lastSeenSeconds / 3600)) h"
        }
    }

    /// `+3 ms`, `−1.4 s`, `–`
    var clock: String {
        guard let skew else { return "–" }
        let sign = skew < 0 ? "−" : skew > 0 ? "+" : ""
        let amount = skew.magnitude
        return sign + (amount < 1_000 ? "\(amount) ms" : "\((Double(amount) / 100).rounded() / 10) s")
    }

    var notes: [String] {
        var notes: [String] = []
        if quarantinedCount > 0 {
            let more = quarantinedCount - Int64(quarantined.count)
            let names = quarantined.joined(separator: " ") + (more > 0 ? " and \(more) more" : "")
            notes.append("quarantined: \(names)")
        }
        if let conflict { notes.append("conflict: \(conflict)") }
        if duplicateId { notes.append("another agent has the same id") }
        return notes
    }
}
