import ArgumentParser
import JSON

struct EnvironmentNewEpochCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-epoch",
        abstract: "Make this control node's state the one that counts, after a restored backup or a lost disk.",
        discussion: """
            Shows what every agent holds beside what this control node holds, and asks. Once confirmed, a new epoch \
            begins above every epoch and number that any agent was heard of, and all agents take this control node's \
            state.
            """)

    static let examples = [
        Example("pilotlight environment new-epoch production", "Look at what would be given up; on a terminal, decide"),
        Example("pilotlight environment new-epoch production --yes --message \"disk lost\"", "Do it"),
    ]

    @Argument(help: "The environment's name.", completion: .custom(NameCompletion.environments)) var name: String
    @OptionGroup var message: MessageOption
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await asked(connection) { control in
            if !confirmation.yes {
                let preview = try await control.get("environments", name, "new-epoch")
                confirmation.preview(
                    Self.text(for: preview, isDone: false, connection.style), document: preview,
                    isJSON: connection.json)
                try confirmation.demand("Begin a new epoch in \(name)?", kept: "nothing is changed yet")
            }
            let body = message.added(to: ["confirm": .bool(true)])
            let answer = try await control.order(.post, "environments", name, "new-epoch", body: body)
            print(connection.json ? answer.prettyText() : Self.text(for: answer, isDone: true, connection.style))
        }
    }

    static func text(for answer: JSONValue, isDone: Bool, _ style: OutputStyle) -> String {
        var table = TextTable("HOLDER", "REVISION", "EPOCH", "ENTRIES", "DIGEST")
        let current = answer["current"]
        table.add(
            TextTable.Cell("this control node", .bold), RevisionText.number(current), RevisionText.epoch(current),
            "\(answer["entries"]?.integerValue ?? 0)", String((answer["digest"]?.stringValue ?? "").prefix(16)))
        for agent in answer["agents"]?.arrayValue ?? [] {
            table.add(
                "agent \(agent["name"]?.stringValue ?? agent["id"]?.stringValue ?? "?")",
                RevisionText.number(agent["revision"]), RevisionText.epoch(agent["revision"]),
                "\(agent["entries"]?.integerValue ?? 0)", String((agent["digest"]?.stringValue ?? "").prefix(16)))
        }
        let next =
            isDone
            ? "new epoch begun: \(RevisionText.full(answer["revision"]))"
            : "a new epoch would begin at \(RevisionText.full(answer["next"])); every agent then takes this control "
                + "node's entries in place of its own"
        return table.text(style) + "\n" + next
    }
}
