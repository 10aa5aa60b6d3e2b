import ArgumentParser
import JSON

struct ExplainCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why does a user get what they get? Every step of the answer, with what it saw.",
        discussion: """
            Asks the control node, which evaluates what it has published; with --socket, the agent there, which answers \
            from what it holds, if it was started with --explain.
            """)

    static let examples = [
        Example("pilotlight explain new-checkout --targeting-key ann", "Why does Ann get that?"),
        Example(
            "pilotlight explain new-checkout --targeting-key ann --context plan=gold --environment staging",
            "With more of the evaluation context, in staging"),
        Example("pilotlight explain new-checkout --targeting-key ann --socket agent.sock", "As an agent sees it"),
        Example("pilotlight explain --component shop --targeting-key ann", "Why does Ann get that version?"),
    ]

    @OptionGroup var subject: DecidedSubject
    @Option(help: "Whom the answer is for.") var targetingKey: String?
    @OptionGroup var context: ContextOption
    // A shell that has PILOTLIGHT_SOCKET for lookups still asks the control node why.
    @Option(
        name: [.customLong("agent-socket"), .customLong("socket")], help: "Ask the agent on this socket.",
        completion: .file())
    var socket: String?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (name, isComponent) = subject.name
        let members = context.members(targetingKey: targetingKey)
        if let socket {
            let agent = SocketLookup(socket: socket)
            let answer =
                isComponent
                ? try await agent.explain(component: name, context: members)
                : try await agent.explain(name, context: members)
            if answer.status == 200 || connection.json {
                show(answer.body, revision: answer.freshness?.revision)
            }
            if answer.status != 200 { throw refusal(answer) }
        } else {
            show(
                try await asked(connection) { control in
                    try await control.question(
                        "environments", environment.name, subject.list, name, "explain",
                        body: ["context": .object(members)])
                })
        }
    }

    private func show(_ explanation: JSONValue, revision: JSONValue? = nil) {
        print(
            connection.json
                ? explanation.prettyText() : ExplanationText.of(explanation, revision: revision, connection.style))
    }

    /// An agent's "no": as to a lookup, or that it doesn't explain.
    private func refusal(_ answer: SocketLookup.Answer) -> any Error {
        guard let code = answer.body["errorCode"]?.stringValue else {
            return ProblemDetails(answer.body, status: answer.status)
        }
        return CommandRefusal(
            "\(subject.title): \(code): \(answer.body["errorDetails"]?.stringValue ?? "no details")",
            hint: LookupCommand.hint(
                for: code, key: subject.name.text, isComponent: subject.name.isComponent, known: []))
    }
}
