import Flags
import HTTPTypes
import HashTreeCollections
import JSON
import Replication

/// Definitions out of an environment, and from one into another.
extension OperatorAPI {
    /// The document that apply takes, with everything that is in the environment.
    var export: Handler {
        { request throws(Refusal) in
            let state = try environment(request).committed
            var flags = JSONObject()
            var components = JSONObject()
            var pilots = JSONObject()
            for key in state.entries.keys.sorted() {
                switch key.kind {
                case .flag: flags[key.name] = StoredFlag.json(state.bytes(of: key) ?? [])
                case .component: components[key.name] = StoredFlag.json(state.bytes(of: key) ?? [])
                case .pilot:
                    let members = state.pilots[key.name]?.members.names.sorted().map { JSONValue.string($0.text) } ?? []
                    var pilot = StoredFlag.json(state.bytes(of: key) ?? []).objectValue ?? [:]
                    pilot["members"] = .array(members)
                    pilots[key.name] = .object(pilot)
                default: break
                }
            }
            var document: JSONObject = ["flags": .object(flags)]
            if !components.isEmpty { document["components"] = .object(components) }
            if !pilots.isEmpty { document["pilots"] = .object(pilots) }
            var answer = APIResponse.json(.object(document)).tagged(EntityTag.of(state.revision), for: request)
            answer.headers[.revision] = "\(state.revision.number)"
            return answer
        }
    }

    /// What would make this environment into another.
    var diff: Handler {
        { request throws(Refusal) in
            let from = try environment(request)
            guard let name = request.query("with") else {
                throw Refusal(
                    .malformed, "Missing query", detail: "the query has no \"with\"",
                    hint: "name the other environment: ?with=staging")
            }
            let to = try published.find(name)
            var plan = ChangePlan()
            plan.become(to.committed, pilots: true, from)
            return .json(
                .object(["from": from.place, "to": to.place, "diff": .array(plan.diff.map(\.json))]))
        }
    }

    var promote: Handler {
        { request throws(Refusal) in
            let target = try environment(request)
            let body = try await request.object(allowed: ["from", "keys", "pilots", "dryRun", "message"])
            let source = try published.find(try body.required("from"))
            guard source.name != target.name else {
                throw Refusal(
                    .invalid, "One environment twice", detail: "\(source.name) can't be promoted to itself",
                    hint: "name two environments")
            }
            let keys = try body.strings("keys")
            // A list that came out empty by mistake must not promote everything.
            guard keys?.isEmpty != true else {
                throw Refusal(
                    .invalid, "Nothing named", detail: "\"keys\" is an empty list",
                    hint: "name flags, components or pilot groups, or leave \"keys\" out for every flag and component")
            }
            let kind = ChangeRequest.Kind.promote(
                PromoteRequest(
                    source: source.name, content: source.committed, keys: keys ?? [],
                    pilots: try body.bool("pilots")))
            let revision = source.committed.revision.number
            let message = try body.string("message") ?? "promoted from \(source.name) at revision \(revision)"
            return Self.published(
                try await submit(kind, request, message: message, dryRun: try body.bool("dryRun")))
        }
    }
}

extension EnvironmentState {
    fileprivate var place: JSONValue {
        .object(["environment": .string(name), "revision": committed.revision.json])
    }
}
