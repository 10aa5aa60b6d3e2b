import Foundation
import JSON

/// How many users of a list get which variant of a flag, or which version of a component: asked of the control node in
/// requests of bounded size.
struct WhoQuestion {
    /// The list of the operator API's paths in which it stands: `flags`.
    var list: String
    var key: String
    var environment: String
    /// Each once.
    var keys: [String]
    /// The rest of the evaluation context, the same for every user.
    var context: JSONObject

    func asked(of control: OperatorClient) async throws -> JSONValue {
        // One time for all of them, so that no step of a time ramp lies between.
        let time = Int64(Date().timeIntervalSince1970)
        return try await ProgressLine.during("asking about \(CountText.of(keys.count, "user"))") { progress in
            var tally = WhoTally()
            for chunk in KeyFile.chunks(
                of: keys, largest: WhoTally.largestChunk, largestBytes: WhoTally.largestChunkBytes)
            {
                var body: JSONObject = ["keys": .array(chunk.map { .string($0) }), "time": .integer(time)]
                if !context.isEmpty { body["context"] = .object(context) }
                try tally.add(
                    try await control.question(
                        "environments", environment, list, key, "who", body: body, limit: OperatorClient.longTimeout))
                progress.say("asking about \(CountText.of(keys.count, "user")): \(tally.users) done")
            }
            return tally.json
        }
    }

    /// A row for each answer.
    /// - Parameters:
    ///   - heading: what is counted: `VARIANT`.
    ///   - what: whose answers they are: `new-checkout in production`.
    static func text(_ answer: JSONValue, heading: String, of what: String, _ style: OutputStyle) -> String {
        let users = answer["users"]?.integerValue ?? 0
        var table = TextTable(heading, "REASON", "USERS", "SHARE")
        for row in answer["variants"]?.arrayValue ?? [] {
            let count = row["count"]?.integerValue ?? 0
            table.add(
                TextTable.Cell(row["variant"]?.stringValue ?? "–", .bold), row["reason"]?.stringValue ?? "?",
                "\(count)", ShareText.of(count, in: users))
        }
        let at = answer["revision"].flatMap { $0 == .null ? nil : " at \(RevisionText.full($0))" } ?? ""
        return table.text(style, summary: "\(CountText.of(users, "user")) of \(PrintableText.of(what))\(at)")
    }
}
