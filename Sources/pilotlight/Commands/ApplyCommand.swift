import ArgumentParser
import JSON

struct ApplyCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Publish what files say: all of it as one change, or none of it.",
        discussion: """
            A file is a flagd document (JSON or YAML) plus optional top-level "components" and "pilots". What no file mentions stays \
            as it is; what a file gives replaces that part whole. Of a folder, every .json, .yaml and .yml file in it \
            and below it is taken, hidden ones left out.
            """)

    static let examples = [
        Example("pilotlight apply flags.json more.yaml --message \"autumn sale\"", "Two files, one change"),
        Example("pilotlight apply flags/ --dry-run", "What would a folder change?"),
        Example("pilotlight apply flags/ --dry-run --keys-from users.txt", "And whose answers would change?"),
        Example("pilotlight apply flags/ --set shop --prune --yes", "From a pipeline: what has left the folder, goes"),
        Example(
            "pilotlight export --environment staging | pilotlight apply - --environment production",
            "Everything that another environment has"),
    ]

    @Argument(help: "Files and folders, JSON or YAML; - is standard input.", completion: .file()) var files: [String]
    @Option(help: "The name under which these files own what they create.") var set: String?
    @Flag(help: "Show the difference and publish nothing.") var dryRun = false
    @Option(
        help: "With --dry-run: these users' answers before and after. One key to a line, or CSV; - is standard input.",
        completion: .file())
    var keysFrom: String?
    @Option(help: "The column of a CSV file that holds the keys; the first of one that ends in .csv.")
    var column: String?
    @Flag(help: "Delete what an earlier apply with the same --set created and no file names now; asks first.")
    var prune = false
    @Flag(help: "Unknown operators, references and variant names in targeting are warnings.") var lenient = false
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if prune && set == nil {
            throw ValidationError("--prune needs --set NAME: it deletes only what that set created.")
        }
        if keysFrom != nil && !dryRun {
            throw ValidationError("--keys-from shows what a --dry-run would change: add --dry-run.")
        }
        if column != nil && keysFrom == nil {
            throw ValidationError("--column is of a file: name it with --keys-from.")
        }
        if keysFrom == InputFile.standardInput && files.contains(InputFile.standardInput) {
            throw ValidationError("Standard input can be read once: as a document, or as keys.")
        }
    }

    func run() async throws {
        let documents = try InputFolder.documents(files).map { path in
            JSONValue.object(["name": .string(InputFile.name(of: path)), "text": .string(try InputFile.read(path))])
        }
        let keys = try keysFrom.map { KeyFile.distinct(try KeyFile.read($0, column: column)) }
        try await asked(connection) { control in
            var isConfirmed = confirmation.yes
            var terms = change.terms
            if prune && !isConfirmed && !dryRun {
                let preview = try await send(documents, to: control, dryRun: true, confirmPrune: false, terms)
                let prunable = preview["prunable"]?.arrayValue ?? []
                if !prunable.isEmpty {
                    confirmation.preview(
                        Self.text(for: preview, dryRun: true, connection.style), document: preview,
                        isJSON: connection.json)
                    let entries = CountText.of(prunable.count, "entry", "entries")
                    try confirmation.demand(
                        "Delete \(entries) in \(environment.name)?",
                        kept: "nothing is published: \(entries) would be deleted")
                    // What was confirmed is what was shown.
                    isConfirmed = true
                    terms.ifRevision = preview["revision"]?["number"]?.integerValue
                }
            }
            let answer = try await send(
                documents, to: control, dryRun: dryRun, confirmPrune: isConfirmed, keys: keys, terms)
            print(connection.json ? answer.prettyText() : Self.text(for: answer, dryRun: dryRun, connection.style))
        }
    }

    private func send(
        _ documents: [JSONValue], to control: OperatorClient, dryRun: Bool, confirmPrune: Bool,
        keys: [String]? = nil, _ terms: ChangeTerms
    ) async throws -> JSONValue {
        var body: JSONObject = [
            "documents": .array(documents), "dryRun": .bool(dryRun), "prune": .bool(prune),
            "confirmPrune": .bool(confirmPrune), "lenient": .bool(lenient),
        ]
        if let set { body["set"] = .string(set) }
        if let keys { body["keys"] = .array(keys.map { .string($0) }) }
        return try await control.change(
            .post, "environments", environment.name, "apply", body: body, terms: terms.dryRun(dryRun),
            limit: keys == nil ? OperatorClient.timeout : OperatorClient.longTimeout)
    }

    static func text(for answer: JSONValue, dryRun: Bool, _ style: OutputStyle) -> String {
        var lines: [String] = []
        let diff = answer["diff"]?.arrayValue ?? []
        let removed = Set(diff.filter { $0["op"] == .string("remove") }.map(DiffText.name))
        for entry in answer["prunable"]?.arrayValue ?? [] where !removed.contains(DiffText.name(entry)) {
            lines.append(style.paint("− \(DiffText.name(entry))", .red) + "  no file names it any more")
        }
        lines += DiffText.warnings(answer, style) + BlastRadiusText.lines(answer, style)
        return (DiffText.lines(answer, style) + lines + [DiffText.revision(answer, dryRun: dryRun)])
            .joined(separator: "\n")
    }
}
