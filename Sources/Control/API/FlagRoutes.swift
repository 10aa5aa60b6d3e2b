import Flags
import HashTreeCollections
import Hummingbird
import JSON
import Replication

/// Flags one by one; documents of many go through apply.
extension OperatorAPI {
    var listFlags: Handler {
        { request throws(Refusal) in
            let environment = try environment(request)
            let state = environment.committed
            let page = try PageRequest(request)
            let stale = StaleFlags(in: environment)
            var keys = state.entries.keys.filter { $0.kind == .flag }.sorted()
            if try request.queryFlag("stale") { keys.removeAll { stale[$0.name] == nil } }
            let (items, next) = page.cut(keys) { $0.name }
            let flags = items.map { JSONValue.object(Self.flag($0, environment, stale)) }
            return .json(.object(["flags": .array(flags), "next": next, "revision": state.revision.json]))
                .tagged(EntityTag.of(state.revision, in: environment), for: request)
        }
    }

    var showFlag: Handler {
        { request throws(Refusal) in
            let environment = try environment(request)
            let state = environment.committed
            let key = EntryKey(.flag, try SubjectPath.flag.present(request, in: state))
            var flag = Self.flag(key, environment, StaleFlags(in: environment))
            flag["revision"] = state.revision.json
            return .json(.object(flag)).tagged(EntityTag.of(key, in: environment), for: request)
        }
    }

    /// The stored definition with its key, every member of a flag present, whether it is killed, which release owns it, and
    /// which launch has left it without a purpose.
    private static func flag(_ key: EntryKey, _ environment: EnvironmentState, _ stale: StaleFlags) -> JSONObject {
        let state = environment.committed
        let stored = StoredFlag.json(state.bytes(of: key) ?? [])
        var flag: JSONObject = ["key": .string(key.name)]
        for member in [
            "state", "defaultVariant", "offVariant", "variants", "targeting", "rollout", "prerequisites", "metadata",
            "description",
        ] { flag[member] = stored[member] ?? (member == "prerequisites" ? [] : .null) }
        flag["killed"] = StoredFlag.kill(of: key.name, in: state)?.json ?? .null
        flag["release"] = OwningRelease(of: key.name, in: environment)?.json ?? .null
        flag["stale"] = stale[key.name]?.json ?? .null
        return flag
    }

    var editFlag: Handler {
        { request throws(Refusal) in
            let flag = try SubjectPath.flag.key(request)
            let body = try await request.object(allowed: ["defaultVariant", "state", "message"])
            let message = try body.string("message")
            switch (try body.string("defaultVariant"), try body.string("state")) {
            case (let variant?, nil):
                return Self.published(
                    try await submit(.setDefault(flag: flag, variant: variant), request, message: message))
            case (nil, let state?):
                guard state == "ENABLED" || state == "DISABLED" else {
                    throw Refusal(
                        .invalid, "Unknown state", detail: "a flag can't be \"\(state)\"", hint: "ENABLED or DISABLED")
                }
                return Self.published(
                    try await submit(.setState(flag: flag, enabled: state == "ENABLED"), request, message: message))
            default:
                throw Refusal(
                    .malformed, "One member, please",
                    detail: "the body must have either \"defaultVariant\" or \"state\"",
                    hint: "to change more of a flag at once, apply a document")
            }
        }
    }

    /// Of a flag, or of a component.
    func delete(_ subject: SubjectPath) -> Handler {
        { request throws(Refusal) in
            Self.published(
                try await submit(.deleteFlag(try subject.key(request)), request, message: request.query("message")))
        }
    }

    /// What a change of one thing answers.
    static func published(_ outcome: ChangeOutcome, status: HTTPResponse.Status = .ok) -> APIResponse {
        outcome.answer(
            ["diff": .array(outcome.diff.map(\.json)), "warnings": .array(outcome.warnings.map(\.json))],
            status: status)
    }
}

extension ChangeOutcome {
    /// The revision, whether it is a new one, and `members`; marked where the request had been answered before.
    func answer(_ members: JSONObject, status: HTTPResponse.Status = .ok) -> APIResponse {
        var object: JSONObject = ["revision": revision.json, "published": .bool(published)]
        for member in members { object[member.key] = member.value }
        return answer(of: object, status: status)
    }

    /// What is shown instead, with the headers of a change.
    func answer(of object: JSONObject, status: HTTPResponse.Status = .ok) -> APIResponse {
        var answer = APIResponse.json(.object(object), status: status)
        answer.headers[.revision] = "\(revision.number)"
        if isRepeated { answer.headers[.idempotentReplayed] = "true" }
        return answer
    }
}
