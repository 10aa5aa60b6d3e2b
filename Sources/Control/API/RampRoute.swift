import Flags
import Hummingbird
import JSON

/// Raising and lowering a flag's share.
extension OperatorAPI {
    private static let rampMembers = [
        "variant", "percentage", "offVariant", "pilots", "exclude", "bucketBy", "salt", "overSeconds", "message",
    ]

    var ramp: Handler {
        { request throws(Refusal) in
            let flag = try request.path("flag")
            let body = try await request.object(allowed: Self.rampMembers)
            let ramp = RampRequest(
                variant: try body.string("variant"), percentage: try body.percentage("percentage"),
                offVariant: try body.string("offVariant"), pilots: try body.strings("pilots"),
                exclude: try body.strings("exclude"), bucketBy: try body.string("bucketBy"),
                salt: try body.string("salt"), overSeconds: try body.whole("overSeconds").map { Int64($0) },
                time: Int64(Moment.now.wall / 1_000))
            return Self.published(
                try await submit(.ramp(flag: flag, ramp), request, message: try body.string("message")))
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
        guard let percentage = Percentage(value) else {
            throw Refusal(
                .invalid, "Not a percentage", detail: "\"\(name)\" is \(value.compactText())",
                hint: "it is a number from 0 to 100, with two decimals at most")
        }
        return percentage
    }
}
