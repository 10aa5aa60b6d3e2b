import JSON
import Releases
import Replication

/// A release as the operator API shows it: its record, and how things stand around it now.
struct ReleaseView {
    var release: Release
    var state: EnvironmentState
    var fleet: FleetObservation
    var time: ReleaseTime

    var json: JSONValue { .object(object) }

    var object: JSONObject {
        let facts = ReleaseFacts(of: release, on: state, fleet)
        var object = release.json.objectValue ?? [:]
        object["stage"] = stage ?? .null
        object["missed"] = .bool(isMissed)
        object["gate"] = facts.gate.json
        object["waitingFor"] = .array(release.waitingFor(facts, at: time).map { .string($0) })
        object["revision"] = state.committed.revision.json
        return object
    }

    /// It wasn't armed by its opening time, and opens nowhere unless it is started anew.
    private var isMissed: Bool {
        release.state == .scheduled && release.opens.map { $0 * 1_000 <= time.wall } ?? false
    }

    /// Where it is among its stages. When its minimum ends is told by the calendar, and measured by the steady clock.
    private var stage: JSONValue? {
        guard case .object(var object)? = release.json["stage"], let current = release.currentStage else { return nil }
        let end = release.stageSince + current.minimumSeconds * 1_000 - time.steady + time.wall
        object["minimumUntil"] = .string(Timestamp.text(milliseconds: end))
        object["steadySince"] = nil
        return .object(object)
    }
}
