import Flags
import JSON

/// What a flag gives to many users at one time, counted.
struct Audience: Sendable {
    struct Part: Sendable, Hashable {
        /// Nil for those who get no variant.
        var variant: ExactString?
        var reason: Reason
    }

    /// The largest part first.
    let parts: [(part: Part, count: Int)]
    let users: Int

    /// - Parameter context: of every user, besides the targeting key.
    init(
        of flag: String, in flags: FlagSet, users: UserList, context: JSONObject, unixSeconds: Int64
    ) {
        var counts: [Part: Int] = [:]
        for key in users.keys {
            let context = EvaluationContext(targetingKey: key, attributes: context)
            let answer = flags.evaluate(flag, context: context, unixSeconds: unixSeconds)
            counts[Part(variant: answer.variant.map { ExactString($0) }, reason: answer.reason), default: 0] += 1
        }
        self.users = users.keys.count
        parts = counts.sorted {
            if $0.value != $1.value { return $0.value > $1.value }
            return ($0.key.variant ?? "", $0.key.reason.rawValue) < ($1.key.variant ?? "", $1.key.reason.rawValue)
        }.map { ($0.key, $0.value) }
    }

    /// Each part with its share in percent, to two decimals.
    var json: JSONValue {
        .array(
            parts.map { part, count in
                .object([
                    "variant": part.variant.map { .string($0.text) } ?? .null, "reason": .string(part.reason.rawValue),
                    "count": .integer(Int64(count)),
                    "share": Percentage(hundredths: Int((Double(count) * 10_000 / Double(users)).rounded()))?.json ?? 0,
                ])
            })
    }
}
