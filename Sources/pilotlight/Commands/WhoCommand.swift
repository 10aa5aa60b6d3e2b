import ArgumentParser
import Foundation
import JSON

struct WhoCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "who", abstract: "How many of these users get which variant of a flag, and why.",
        discussion: """
            The control node evaluates what it has published for each key; nothing is published and nothing kept. What \
            --context gives is the same for every user.
            """)

    static let examples = [
        Example("pilotlight who new-checkout --keys-from users.txt", "Targeting keys, one to a line"),
        Example(
            "pilotlight who new-checkout --keys-from users.csv --column id --context plan=gold",
            "A column of a CSV file"),
        Example("pilotlight pilot show beta | pilotlight who new-checkout --keys-from -", "A pilot group's members"),
    ]

    @Argument(help: "The flag's key.", completion: .custom(NameCompletion.flags)) var key: String
    @Option(
        help: "Targeting keys: a file with one to a line, or a column of a CSV file; - is standard input.",
        completion: .file())
    var keysFrom: String
    @Option(help: "The column of a CSV file that holds the keys; the first of one that ends in .csv.")
    var column: String?
    @OptionGroup var context: ContextOption
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        let keys = KeyFile.distinct(try KeyFile.read(keysFrom, column: column))
        let members = context.members()
        // One time for all of them, so that no step of a time ramp lies between.
        let time = Int64(Date().timeIntervalSince1970)
        return try await ProgressLine.during("asking about \(CountText.of(keys.count, "user"))") { progress in
            var tally = WhoTally()
            for chunk in KeyFile.chunks(
                of: keys, largest: WhoTally.largestChunk, largestBytes: WhoTally.largestChunkBytes)
            {
                var body: JSONObject = ["keys": .array(chunk.map { .string($0) }), "time": .integer(time)]
                if !members.isEmpty { body["context"] = .object(members) }
                try tally.add(
                    try await control.question(
                        "environments", environment.name, "flags", key, "who", body: body,
                        limit: OperatorClient.longTimeout))
                progress.say("asking about \(CountText.of(keys.count, "user")): \(tally.users) done")
            }
            return tally.json
        }
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let users = answer["users"]?.integerValue ?? 0
        var table = TextTable("VARIANT", "REASON", "USERS", "SHARE")
        for row in answer["variants"]?.arrayValue ?? [] {
            let count = row["count"]?.integerValue ?? 0
            table.add(
                TextTable.Cell(row["variant"]?.stringValue ?? "–", .bold), row["reason"]?.stringValue ?? "?",
                "\(count)", ShareText.of(count, in: users))
        }
        let at = answer["revision"].flatMap { $0 == .null ? nil : " at \(RevisionText.full($0))" } ?? ""
        return table.text(
            style, summary: "\(CountText.of(users, "user")) of \(PrintableText.of(key)) in \(environment.name)\(at)")
    }
}
