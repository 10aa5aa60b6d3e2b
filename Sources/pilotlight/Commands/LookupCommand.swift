import ArgumentParser
import Flags
import JSON

struct LookupCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup", abstract: "Ask the agent on this machine what a user gets.")

    static let examples = [
        Example("pilotlight lookup new-checkout --targeting-key ann", "What does Ann get?"),
        Example(
            "pilotlight lookup greeting --targeting-key ann --context visits=4 --context plan=gold --json",
            "With more of the evaluation context, as JSON"),
        Example("pilotlight lookup new-checkout --socket .pilotlight/agent.sock", "From the agent of `pilotlight dev`"),
    ]

    @Argument(help: "The flag's key.") var key: String
    @Option(help: "Who the answer is for.") var targetingKey: String?
    @OptionGroup var context: ContextOption
    @Option(help: "The agent's socket.") var socket = "/run/pilotlight/agent.sock"
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let agent = SocketLookup(socket: socket)
        let answer = try await agent.evaluate(key, context: context.members(targetingKey: targetingKey))

        if output.json { print(Self.document(answer).prettyText()) }
        if let code = answer.body["errorCode"]?.stringValue {
            let known = code == "FLAG_NOT_FOUND" ? (try? await agent.keys()) ?? [] : []
            throw CommandRefusal(
                "\(key): \(code): \(answer.body["errorDetails"]?.stringValue ?? "no details")",
                hint: Self.hint(for: code, key: key, known: known))
        }
        guard answer.status == 200 else {
            throw CommandRefusal(
                "\(key): HTTP \(answer.status): "
                    + (answer.body["errorDetails"]?.stringValue ?? answer.body.compactText()))
        }
        if !output.json { print(Self.text(answer, output.style)) }
    }

    static func text(_ answer: SocketLookup.Answer, _ style: OutputStyle) -> String {
        let value = answer.body["value"].map { $0.compactText() } ?? "(no value: the caller's default)"
        var facts: [String] = []
        if let variant = answer.body["variant"]?.stringValue { facts.append("variant \(PrintableText.of(variant))") }
        facts.append(answer.body["reason"]?.stringValue ?? "UNKNOWN")
        if let freshness = answer.freshness {
            facts.append(RevisionText.full(freshness.revision))
            facts.append(freshness.isStale ? style.paint("stale", .yellow) : "fresh")
        }
        return style.paint(value, .bold) + "\n" + facts.joined(separator: " · ")
    }

    private static func document(_ answer: SocketLookup.Answer) -> JSONValue {
        guard var members = answer.body.objectValue else { return answer.body }
        if let freshness = answer.freshness {
            members["revision"] = freshness.revision
            members["stale"] = .bool(freshness.isStale)
        }
        return .object(members)
    }

    /// - Parameter known: the keys that the agent holds, for a key that it doesn't.
    static func hint(for code: String, key: String, known: [String]) -> String? {
        switch code {
        case "FLAG_NOT_FOUND":
            NearestName.hint(
                for: key, among: known,
                fallback: "`pilotlight flag list` shows the keys; does the agent serve another environment?")
        case "PROVIDER_NOT_READY": "the agent never heard of a control node; its log says why"
        default: nil
        }
    }
}
