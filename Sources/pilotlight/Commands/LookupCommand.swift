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
        Example("pilotlight lookup --component shop --targeting-key ann", "Which version of a component does Ann get?"),
    ]

    @OptionGroup var subject: DecidedSubject
    @Option(help: "Who the answer is for.") var targetingKey: String?
    @OptionGroup var context: ContextOption
    @Option(help: "The agent's socket.") var socket = "/run/pilotlight/agent.sock"
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let answer = try await asked()
        if output.json { print(Self.document(answer).prettyText()) }
        if let code = answer.body["errorCode"]?.stringValue {
            let isUnknownFlag = code == "FLAG_NOT_FOUND" && subject.component == nil
            let known = isUnknownFlag ? (try? await SocketLookup(socket: socket).keys()) ?? [] : []
            throw CommandRefusal(
                "\(subject.title): \(code): \(answer.body["errorDetails"]?.stringValue ?? "no details")",
                hint: Self.hint(for: code, key: subject.name.text, isComponent: subject.name.isComponent, known: known))
        }
        guard answer.status == 200 else {
            throw CommandRefusal(
                "\(subject.title): HTTP \(answer.status): "
                    + (answer.body["errorDetails"]?.stringValue ?? answer.body.compactText()))
        }
        if !output.json { print(Self.text(answer, output.style)) }
    }

    private func asked() async throws -> SocketLookup.Answer {
        let (name, isComponent) = subject.name
        return isComponent
            ? try await VersionLookup(socket: socket)
                .version(of: name, targetingKey: targetingKey, context: context.members())
            : try await SocketLookup(socket: socket)
                .evaluate(name, context: context.members(targetingKey: targetingKey))
    }

    static func text(_ answer: SocketLookup.Answer, _ style: OutputStyle) -> String {
        // A version's name is all that a component answers.
        let version = answer.body["version"]?.stringValue.map(PrintableText.of)
        let value = version ?? answer.body["value"].map { $0.compactText() } ?? "(no value: the caller's default)"
        var facts: [String] = []
        for fact in ["upstream", "variant"] {
            if let text = answer.body[fact]?.stringValue { facts.append("\(fact) \(PrintableText.of(text))") }
        }
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
    static func hint(for code: String, key: String, isComponent: Bool = false, known: [String]) -> String? {
        switch code {
        case "FLAG_NOT_FOUND" where isComponent:
            "`pilotlight component list` shows the names; does the agent serve another environment?"
        case "FLAG_NOT_FOUND":
            NearestName.hint(
                for: key, among: known,
                fallback: "`pilotlight flag list` shows the keys; does the agent serve another environment?")
        case "PROVIDER_NOT_READY": "the agent never heard of a control node; its log says why"
        default: nil
        }
    }
}
