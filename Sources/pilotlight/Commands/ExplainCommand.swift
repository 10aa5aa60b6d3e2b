import ArgumentParser
import JSON

struct ExplainCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why does a user get what they get? Every step of the answer, with what it saw.",
        discussion: """
            Asks the control node, which evaluates what it has published; with --socket, the agent there, which answers \
            from what it holds, if it was started with --explain.

            --at asks for an earlier answer: what a revision, or what stood at a moment, gave, as far back as the history \
            is kept, at the time at which that revision was published. --service and --service-version ask as an \
            agent of that service's version would answer, which counts where a release requires one.
            """)

    static let examples = [
        Example("pilotlight explain new-checkout --targeting-key ann", "Why does Ann get that?"),
        Example(
            "pilotlight explain new-checkout --targeting-key ann --context plan=gold --environment staging",
            "With more of the evaluation context, in staging"),
        Example("pilotlight explain new-checkout --targeting-key ann --socket agent.sock", "As an agent sees it"),
        Example(
            "pilotlight explain new-checkout --targeting-key ann --at 2026-11-21T10:20:00Z",
            "What did Ann get at that moment?"),
        Example(
            "pilotlight explain new-checkout --targeting-key ann --at 41 --service checkout --service-version 1.4.1",
            "At revision 41, from an agent of that version"),
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
    @Option(
        help: ArgumentHelp(
            "By that revision (41, or 2/41 with its epoch), or by what stood at that moment; otherwise by what is now.",
            valueName: "revision|time"))
    var at: RevisionOrTime?
    @Option(
        help: ArgumentHelp(
            "As if it were asked at that moment; otherwise when the revision of --at was published, or now.",
            valueName: "time"))
    var time: Instant?
    // A shell that has PILOTLIGHT_SERVICE for an agent asks for users of all services.
    @Option(
        name: [.customLong("as-service"), .customLong("service")],
        help: ArgumentHelp("As an agent of this service answers.", valueName: "service"))
    var service: String?
    @Option(
        name: [.customLong("as-service-version"), .customLong("service-version")],
        help: ArgumentHelp("As an agent of this version of the service answers.", valueName: "version"))
    var serviceVersion: String?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if socket != nil && (at != nil || time != nil || service != nil || serviceVersion != nil) {
            throw ValidationError(
                "An agent answers from what it holds, now and as its own service: --at, --time, --service and "
                    + "--service-version are asked without --socket.")
        }
        if serviceVersion != nil && service == nil {
            throw ValidationError("--service-version is of a service: name it with --service.")
        }
    }

    /// What is asked of the control node: only what was given.
    func question(_ context: JSONObject) -> JSONObject {
        var body: JSONObject = ["context": .object(context)]
        if let at { body["at"] = at.json }
        if let time { body["time"] = .integer(time.unixSeconds) }
        if let service { body["service"] = .string(service) }
        if let serviceVersion { body["serviceVersion"] = .string(serviceVersion) }
        return body
    }

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
                        "environments", environment.name, subject.list, name, "explain", body: question(members))
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
