import ArgumentParser
import JSON

struct EnvironmentNewEpochCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-epoch",
        abstract: "Make this control node's state the one that counts, after a restored backup or a lost disk.",
        discussion: """
            Shows what every agent holds beside what this control node holds. With --yes, a new epoch begins above \
            every epoch and number that any agent was heard of, and all agents take this control node's state.
            """)

    @Argument(help: "The environment's name.") var name: String
    @Flag(help: "Do it; without this, only the preview is shown.") var yes = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await asked(connection) { control in
            let answer =
                yes
                ? try await control.post("environments", name, "new-epoch", body: ["confirm": .bool(true)])
                : try await control.get("environments", name, "new-epoch")
            print(connection.json ? answer.prettyText() : text(for: answer))
        }
        guard yes else {
            throw CommandRefusal(
                "nothing is changed yet", hint: "`pilotlight environment new-epoch \(name) --yes` does it")
        }
    }

    private func text(for answer: JSONValue) -> String {
        var table = TextTable("HOLDER", "REVISION", "EPOCH", "ENTRIES", "DIGEST")
        let current = answer["current"]
        table.add(
            "this control node", RevisionText.number(current), Self.epoch(current),
            "\(answer["entries"]?.integerValue ?? 0)", "")
        for agent in answer["agents"]?.arrayValue ?? [] {
            table.add(
                "agent \(agent["name"]?.stringValue ?? agent["id"]?.stringValue ?? "?")",
                RevisionText.number(agent["revision"]), Self.epoch(agent["revision"]),
                "\(agent["entries"]?.integerValue ?? 0)", String((agent["digest"]?.stringValue ?? "").prefix(16)))
        }
        let next =
            yes
            ? "new epoch begun: \(RevisionText.full(answer["revision"]))"
            : "a new epoch would begin at \(RevisionText.full(answer["next"])); every agent then takes this control "
                + "node's entries in place of its own"
        return table.text + "\n" + next
    }

    private static func epoch(_ revision: JSONValue?) -> String {
        (revision?["epoch"]?["counter"]?.integerValue).map { "\($0)" } ?? "–"
    }
}
