import Flags
import HashTreeCollections
import Hummingbird
import JSON
import Replication

/// Why a user gets what a flag or a component gives, and who gets what.
extension OperatorAPI {
    func explain(_ subject: SubjectPath) -> Handler {
        { request throws(Refusal) in
            let state = try environment(request).committed
            let flag = try subject.present(request, in: state)
            let body = try await request.object(allowed: ["context", "time"], purpose: .context)
            let context = try Self.context(body["context"] ?? [:])
            let time = try body.whole("time").map { Int64($0) } ?? Int64(Moment.now.wall / 1_000)
            return .json(
                try await Self.aside { () throws(Refusal) in
                    var quarantine = Quarantine()
                    let flags = FlagSet.compiled([flag], from: state, quarantine: &quarantine)
                    guard let explanation = flags.explain(flag, context: context, unixSeconds: time) else {
                        throw .unknown(flag, in: state)
                    }
                    var answer = explanation.json.objectValue ?? [:]
                    answer["revision"] = state.revision.json
                    return .object(answer)
                })
        }
    }

    func who(_ subject: SubjectPath) -> Handler {
        { request throws(Refusal) in
            let state = try environment(request).committed
            let flag = try subject.present(request, in: state)
            let bytes = try await request.body(maximum: APIRequest.maximumDocumentsBody)
            let now = Int64(Moment.now.wall / 1_000)
            return .json(try await Self.aside { () throws(Refusal) in try Self.audience(of: flag, state, bytes, now) })
        }
    }

    /// Reads a long list of users, and counts what they get.
    private static func audience(
        of flag: String, _ state: ReplicatedState, _ body: [UInt8], _ now: Int64
    ) throws(Refusal) -> JSONValue {
        let body = try APIRequest.object(body, allowed: ["keys", "context", "time"], purpose: .context)
        guard let users = try UserList(body["keys"]) else {
            throw Refusal(
                .malformed, "Missing member", detail: "the body has no \"keys\"",
                hint: "give a list of users, as services send them for targeting key")
        }
        let context = try Self.context(body["context"] ?? [:])
        guard context.targetingKey == nil else {
            throw Refusal(
                .malformed, "One user too many", detail: "the context has a targetingKey, and \"keys\" are such",
                hint: "leave it out of the context: each of \"keys\" stands for it in turn")
        }
        var quarantine = Quarantine()
        let flags = FlagSet.compiled([flag], from: state, quarantine: &quarantine)
        let audience = Audience(
            of: flag, in: flags, users: users, context: context.attributes,
            unixSeconds: try body.whole("time").map { Int64($0) } ?? now)
        let subject = Subject(flag)
        return .object([
            subject.kind: .string(subject.name), "users": .integer(Int64(audience.users)),
            "repeated": .integer(Int64(users.repeated)), "variants": audience.json, "revision": state.revision.json,
        ])
    }

    private static func context(_ json: JSONValue) throws(Refusal) -> EvaluationContext {
        do throws(InvalidContext) {
            return try EvaluationContext(json: json)
        } catch {
            throw Refusal(
                .malformed, "Not a context", detail: error.reason,
                hint: "such as {\"targetingKey\": \"ann\", \"plan\": \"gold\"}")
        }
    }
}
