import Flags
import HashTreeCollections
import Hummingbird
import JSON
import Replication

/// Why a user gets what a flag or a component gives, and who gets what.
extension OperatorAPI {
    private static let explained = ["context", "at", "time", "service", "serviceVersion"]

    /// As things are, or with "at" as they were. By the time that is given, or else by now; of the past, by when its
    /// revision was published.
    func explain(_ subject: SubjectPath) -> Handler {
        { request throws(Refusal) in
            let environment = try environment(request)
            let body = try await request.object(allowed: Self.explained, purpose: .context)
            let context = try Self.context(body["context"] ?? [:])
            let identity = ServiceIdentity(
                service: try body.string("service") ?? "", version: try body.string("serviceVersion") ?? "")
            var moment: PastMoment?
            if let value = body["at"], value != .null { moment = try PastMoment(value) }
            let asked = try body.whole("time").map { Int64($0) }
            let key = try subject.key(request)
            guard let moment else {
                _ = try subject.present(request, in: environment.committed)
                return .json(
                    .object(
                        try await Self.explanation(
                            of: key, context, identity, environment.committed,
                            at: asked ?? Int64(Moment.now.wall / 1_000))))
            }
            let (state, published) = try await past(moment, environment)
            let time = asked ?? Int64(clamping: published.time / 1_000)
            var answer: JSONObject
            do throws(Refusal) {
                answer = try await Self.explanation(of: key, context, identity, state, at: time)
            } catch  where error.kind == .unknown {
                throw .notThere(Subject(key), published, in: environment)
            }
            answer["at"] = .object([
                "revision": published.revision.json, "published": .string(HistoryEntry.text(ofTime: published.time)),
            ])
            return .json(.object(answer))
        }
    }

    private static func explanation(
        of flag: String, _ context: EvaluationContext, _ identity: ServiceIdentity, _ state: ReplicatedState,
        at time: Int64
    ) async throws(Refusal) -> JSONObject {
        try await aside { () throws(Refusal) in
            var quarantine = Quarantine()
            var flags = FlagSet.compiled([flag], from: state, quarantine: &quarantine)
            flags.identity = identity
            guard let explanation = flags.explain(flag, context: context, unixSeconds: time) else {
                throw .unknown(flag, in: state)
            }
            var answer = explanation.json.objectValue ?? [:]
            answer["revision"] = state.revision.json
            return answer
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

extension Refusal {
    fileprivate static func notThere(
        _ subject: Subject, _ published: PublishedRevision, in environment: EnvironmentState
    ) -> Refusal {
        Refusal(
            .unknown, "No such \(subject.kind) then",
            detail: "there was no \(subject.title) at revision \(published.revision.number) of \(environment.name)",
            hint: "`pilotlight history \(subject.name)` shows since when there is one")
    }
}
