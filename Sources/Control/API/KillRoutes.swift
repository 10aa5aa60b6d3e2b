import HashTreeCollections
import Hummingbird
import JSON
import Replication

/// Kills, and the end of them. Neither needs a body.
extension OperatorAPI {
    var kill: Handler {
        { request throws(Refusal) in
            let flag = try request.path("flag")
            let body = try await request.object(allowed: ["variant", "message"], mayBeEmpty: true)
            let kind = ChangeRequest.Kind.kill(flag: flag, variant: try body.string("variant"))
            return Self.published(try await submit(kind, request, message: try body.string("message")))
        }
    }

    var unkill: Handler {
        { request throws(Refusal) in
            let flag = try request.path("flag")
            let body = try await request.object(allowed: ["message"], mayBeEmpty: true)
            return Self.published(
                try await submit(.unkill(flag: flag), request, message: try body.string("message")))
        }
    }
}
