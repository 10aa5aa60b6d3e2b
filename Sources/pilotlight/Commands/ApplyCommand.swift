import ArgumentParser
import JSON

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Publish what files say: all of it as one change, or none of it.",
        discussion: """
            A file is a flagd document (JSON or YAML) plus an optional top-level "pilots". What no file mentions stays \
            as it is; what a file gives replaces that part whole.
            """)

    @Argument(help: "Files, JSON or YAML.") var files: [String]
    @Option(help: "The name under which these files own what they create.") var set: String?
    @Flag(help: "Show the difference and publish nothing.") var dryRun = false
    @Flag(
        help: ArgumentHelp(
            "Delete what an earlier apply with the same --set created and no file names now; needs --yes."))
    var prune = false
    @Flag(help: "Confirm the deletions of --prune.") var yes = false
    @Flag(help: "Unknown operators, references and variant names in targeting are warnings.") var lenient = false
    @OptionGroup var message: MessageOption
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if prune && set == nil {
            throw ValidationError("--prune needs --set NAME: it deletes only what that set created.")
        }
    }

    func run() async throws {
        let documents = try files.map { path in
            JSONValue.object(["name": .string(path), "text": .string(try InputFile.read(path))])
        }
        try await asked(connection) { control in
            if prune && !yes && !dryRun {
                let preview = try await send(documents, to: control, dryRun: true)
                let prunable = preview["prunable"]?.arrayValue ?? []
                guard prunable.isEmpty else {
                    show(preview, dryRun: true)
                    throw CommandRefusal(
                        "nothing is published: \(CountText.of(prunable.count, "entry", "entries")) would be deleted",
                        hint: "add --yes to delete them, or leave --prune out")
                }
            }
            show(try await send(documents, to: control, dryRun: dryRun), dryRun: dryRun)
        }
    }

    private func send(_ documents: [JSONValue], to control: OperatorClient, dryRun: Bool) async throws -> JSONValue {
        var body: JSONObject = [
            "documents": .array(documents), "dryRun": .bool(dryRun), "prune": .bool(prune),
            "confirmPrune": .bool(yes), "lenient": .bool(lenient),
        ]
        if let set { body["set"] = .string(set) }
        return try await control.post("environments", environment.name, "apply", body: message.added(to: body))
    }

    private func show(_ answer: JSONValue, dryRun: Bool) {
        print(connection.json ? answer.prettyText() : text(for: answer, dryRun: dryRun))
    }

    private func text(for answer: JSONValue, dryRun: Bool) -> String {
        var lines = (answer["diff"]?.arrayValue ?? []).map(Self.line)
        let removed = Set((answer["diff"]?.arrayValue ?? []).filter { $0["op"] == .string("remove") }.map(Self.name))
        for entry in answer["prunable"]?.arrayValue ?? [] where !removed.contains(Self.name(entry)) {
            lines.append("− \(Self.name(entry))  no file names it any more")
        }
        for warning in answer["warnings"]?.arrayValue ?? [] {
            lines.append("warning: \(ProblemDetails.Entry(warning))")
        }
        let revision = RevisionText.full(answer["revision"])
        if dryRun {
            lines.append("dry run, nothing is published: \(revision)")
        } else {
            lines.append(RevisionText.outcome(answer))
        }
        return lines.joined(separator: "\n")
    }

    private static func name(_ entry: JSONValue) -> String {
        "\(entry["kind"]?.stringValue ?? "") \(entry["key"]?.stringValue ?? "?")"
    }

    private static func line(_ change: JSONValue) -> String {
        let sign =
            switch change["op"]?.stringValue {
            case "add": "+"
            case "remove": "−"
            default: "~"
            }
        guard let detail = change["detail"]?.stringValue, !detail.isEmpty else { return "\(sign) \(name(change))" }
        return "\(sign) \(name(change))  \(detail)"
    }
}
