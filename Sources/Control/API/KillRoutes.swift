import HashTreeCollections
import Hummingbird
import JSON
import Replication

/// Kills of flags and components, and the end of them. Neither needs a body.
extension OperatorAPI {
    func kill(_ subject: SubjectPath) -> Handler {
        { request throws(Refusal) in
            let key = try subject.key(request)
            let body = try await request.object(allowed: [subject.variant, "message"], mayBeEmpty: true)
            let kind = ChangeRequest.Kind.kill(flag: key, variant: try body.string(subject.variant))
            return Self.published(try await submit(kind, request, message: try body.string("message")))
        }
    }

    func unkill(_ subject: SubjectPath) -> Handler {
        { request throws(Refusal) in
            let key = try subject.key(request)
            let body = try await request.object(allowed: ["message"], mayBeEmpty: true)
            return Self.published(
                try await submit(.unkill(flag: key), request, message: try body.string("message")))
        }
    }
}
