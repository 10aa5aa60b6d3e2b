import Flags
import JSON

/// The agents, and what they hold.
extension OperatorAPI {
    var showFleet: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let page = try PageRequest(request)
            let agents = registry.fleet(of: state.name).sorted { $0.record.id.precedesInBytes($1.record.id) }
            let (entries, next) = page.cut(agents) { $0.record.id }
            return .json(FleetView(own: state.committed, entries: Array(entries), next: next).json)
        }
    }

    var forgetAgent: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let id = try request.path("agent")
            guard registry.change({ $0.forget(id, environment: state.name) }) else {
                let known = registry.fleet(of: state.name).map(\.record.id)
                throw Refusal(
                    .unknown, "No such agent", detail: "no agent \"\(id)\" is registered in \(state.name)",
                    hint: NearestName.hint(for: id, among: known, fallback: "`pilotlight fleet` shows them all"))
            }
            let rows = registry.change { $0.unwritten(now: .now) }
            committer.store(rows)
            return .json(.object(["forgotten": .string(id)]))
        }
    }
}
