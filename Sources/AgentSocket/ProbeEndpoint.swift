import Agent
import Flags
import JSON
import LookupProtocol
import NIOCore
import Prometheus
import Replication

/// What probes and scrapers ask: is the process alive, may it be sent lookups, what has it counted.
struct ProbeEndpoint {
    var loop: LoopState

    func answer(_ route: HTTPRoute, _ response: inout HTTPResponse) {
        switch route {
        case .health: JSONValue.object(health()).write(to: &response.body)
        case .readiness: readiness(&response)
        case .metrics:
            response.contentType = "text/plain; version=0.0.4; charset=utf-8"
            response.body = MetricsPage(shared: loop.shared, snapshot: loop.currentSnapshot()).render()
        default: break
        }
    }

    /// Alive is whoever answers; the state is told, not judged.
    private func health() -> JSONObject {
        let snapshot = loop.currentSnapshot()
        let stamp = loop.currentStamp()
        let live = loop.shared.live
        let heard = live.heardNumber
        return [
            "status": "ok",
            "environment": .string(loop.shared.environment),
            "ready": .bool(stamp.isReady),
            "revision": snapshot.revision.map(Self.json) ?? .null,
            "lag": .integer(Int64(clamping: heard > stamp.number ? heard - stamp.number : 0)),
            "stale": .bool(stamp.isStale),
            "stalenessMs": stamp.stalenessMilliseconds.map { .integer(Int64($0)) } ?? .null,
            "skewMs": live.skew(atNanoseconds: NIODeadline.now().uptimeNanoseconds).map { .integer($0) } ?? .null,
            "serviceHealth": .string("\(live.vitals.health)"),
            "quarantined": .array(snapshot.quarantined.map { .string($0) }),
            "flags": .integer(Int64(snapshot.flags.flagCount)),
            "entries": .integer(Int64(snapshot.entryCount)),
            "version": .string(loop.shared.version),
        ]
    }

    private static func json(_ revision: Revision) -> JSONValue {
        [
            "epoch": [
                "counter": .integer(Int64(clamping: revision.epoch.counter)), "id": .string(revision.epoch.idText),
            ],
            "number": .integer(Int64(clamping: revision.number)),
        ]
    }

    private func readiness(_ response: inout HTTPResponse) {
        guard loop.currentStamp().isReady else {
            response.status = .serviceUnavailable
            response.problem(LoopState.notReady.details, hint: "start a control node, or check --control")
            return
        }
        JSONValue.object(["status": "ready"]).write(to: &response.body)
    }
}
