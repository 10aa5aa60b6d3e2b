import ArgumentParser
import JSON

struct LookupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup", abstract: "Ask the agent on this machine what a user gets.")

    @Argument(help: "The flag's key.") var key: String
    @Option(help: "Who the answer is for.") var targetingKey: String?
    @Option(
        help: ArgumentHelp(
            "A member of the evaluation context, NAME=VALUE; the value is JSON, or else a string. Repeatable.",
            valueName: "name=value"))
    var context: [ContextArgument] = []
    @Option(help: "The agent's socket.") var socket = "/run/pilotlight/agent.sock"
    @Flag(help: "Print the answer as JSON.") var json = false

    func run() async throws {
        var members = JSONObject()
        for argument in context { members[argument.name] = argument.value }
        if let targetingKey { members["targetingKey"] = .string(targetingKey) }
        let answer = try await SocketLookup(socket: socket).evaluate(key, context: members)

        if json { print(document(answer).prettyText()) }
        if let code = answer.body["errorCode"]?.stringValue {
            throw CommandRefusal(
                "\(key): \(code): \(answer.body["errorDetails"]?.stringValue ?? "no details")",
                hint: Self.hint(for: code))
        }
        guard answer.status == 200 else {
            throw CommandRefusal(
                "\(key): HTTP \(answer.status): "
                    + (answer.body["errorDetails"]?.stringValue ?? answer.body.compactText()))
        }
        if !json { print(text(answer)) }
    }

    private func text(_ answer: SocketLookup.Answer) -> String {
        let value = answer.body["value"].map { $0.compactText() } ?? "(no value: the caller's default)"
        var facts: [String] = []
        if let variant = answer.body["variant"]?.stringValue { facts.append("variant \(variant)") }
        facts.append(answer.body["reason"]?.stringValue ?? "UNKNOWN")
        if let freshness = answer.freshness {
            facts.append(RevisionText.full(freshness.revision))
            facts.append(freshness.isStale ? "stale" : "fresh")
        }
        return value + "\n" + facts.joined(separator: " · ")
    }

    private func document(_ answer: SocketLookup.Answer) -> JSONValue {
        guard var members = answer.body.objectValue else { return answer.body }
        if let freshness = answer.freshness {
            members["revision"] = freshness.revision
            members["stale"] = .bool(freshness.isStale)
        }
        return .object(members)
    }

    private static func hint(for code: String) -> String? {
        switch code {
        case "FLAG_NOT_FOUND": "`pilotlight flag list` shows the keys; does the agent serve another environment?"
        case "PROVIDER_NOT_READY": "the agent never heard of a control node; its log says why"
        default: nil
        }
    }
}
