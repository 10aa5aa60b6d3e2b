import Flags
import Hummingbird
import JSON

/// Raising and lowering the share of a flag's variant, or of a component's version.
extension OperatorAPI {
    private static let rampMembers = [
        "percentage", "pilots", "exclude", "bucketBy", "salt", "overSeconds", "message",
    ]

    func ramp(_ subject: SubjectPath) -> Handler {
        { request throws(Refusal) in
            let key = try subject.key(request)
            let own = subject == .flag ? ["variant", "offVariant"] : ["version", "unchecked"]
            let body = try await request.object(allowed: own + Self.rampMembers)
            let ramp = RampRequest(
                variant: try body.string(subject.variant), percentage: try body.percentage("percentage"),
                offVariant: try body.string("offVariant"), pilots: try body.strings("pilots"),
                exclude: try body.strings("exclude"), bucketBy: try body.string("bucketBy"),
                salt: try body.string("salt"), overSeconds: try body.whole("overSeconds").map { Int64($0) },
                time: Int64(Moment.now.wall / 1_000), unchecked: try body.bool("unchecked"))
            return Self.published(
                try await submit(.ramp(flag: key, ramp), request, message: try body.string("message")))
        }
    }
}

extension JSONObject {
    /// A share in percent, which must be there.
    fileprivate func percentage(_ name: String) throws(Refusal) -> Percentage {
        guard let value = self[name], value != .null else {
            throw Refusal(
                .malformed, "Missing member", detail: "the body has no \"\(name)\"",
                hint: "give \"\(name)\" as a number from 0 to 100")
        }
        return try .read(value, of: name)
    }
}
