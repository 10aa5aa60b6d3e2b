import Flags
import JSON

/// How many users get what, added up over the requests in which their keys were sent.
struct WhoTally {
    /// Keys of one request, at most.
    static let largestChunk = 50_000
    /// Bytes of the keys of one request.
    static let largestChunkBytes = 4 << 20

    private struct Answer: Hashable {
        /// Nil where the caller's own default is used.
        var variant: ExactString?
        var reason: String
    }

    /// In percent, to two decimals.
    private static func percent(_ count: Int64, of users: Int64) -> JSONValue {
        guard users > 0 else { return 0 }
        return Percentage(hundredths: Int((Double(count) * 10_000 / Double(users)).rounded()))?.json ?? 0
    }

    private var counts: [Answer: Int64] = [:]
    /// `flag` or `component`, and which one.
    private var subject: (kind: String, name: JSONValue) = ("flag", .null)
    private(set) var revision: JSONValue?
    private(set) var users: Int64 = 0

    /// - Parameter answer: the operator API's, for some of the keys.
    mutating func add(_ answer: JSONValue) throws(CommandRefusal) {
        if let revision, let other = answer["revision"], other != revision {
            throw CommandRefusal(
                "the environment went from \(RevisionText.full(revision)) to \(RevisionText.full(other)) while users were "
                    + "counted", hint: "repeat the command")
        }
        for kind in ["flag", "component"] {
            if let name = answer[kind] { subject = (kind, name) }
        }
        revision = answer["revision"] ?? revision
        users += answer["users"]?.integerValue ?? 0
        for row in answer["variants"]?.arrayValue ?? [] {
            let key = Answer(
                variant: row["variant"]?.stringValue.map { ExactString($0) },
                reason: row["reason"]?.stringValue ?? "UNKNOWN")
            counts[key, default: 0] += row["count"]?.integerValue ?? 0
        }
    }

    /// The most frequent first, as the operator API answers.
    var json: JSONValue {
        let rows = counts.sorted { a, b in
            (b.value, a.key.variant ?? "", a.key.reason) < (a.value, b.key.variant ?? "", b.key.reason)
        }
        let variants = rows.map { answer, count -> JSONValue in
            .object([
                "variant": answer.variant.map { .string($0.text) } ?? .null, "reason": .string(answer.reason),
                "count": .integer(count), "share": Self.percent(count, of: users),
            ])
        }
        return .object([
            subject.kind: subject.name, "users": .integer(users), "variants": .array(variants),
            "revision": revision ?? .null,
        ])
    }
}
