import ArgumentParser
import JSON

struct FleetShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Each agent's state, revision, lag, last report, service and version; with --wait, wait for all.",
        discussion: """
            --wait is done when every live and silent agent has applied and cached the revision in the current epoch \
            with nothing quarantined. Gone agents don't count: said goodbye, forgotten, or silent for 15 minutes.
            """)

    @Flag(help: "Wait until everyone has it; exit code 1 and the laggards' names if the time is over first.")
    var wait = false
    @Option(help: "The number to wait for; otherwise the current one.") var revision: Int64?
    @Option(help: "Wait for at least this many agents.") var expect: Int?
    @Option(help: "How long to wait.") var timeout = TimeSpan(seconds: 10)
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    private static let pollInterval = Duration.milliseconds(50)

    func validate() throws {
        if let revision, revision < 0 {
            throw ValidationError("The value '\(revision)' is invalid for '--revision': numbers start at 0.")
        }
        if let expect, expect < 1 {
            throw ValidationError("The value '\(expect)' is invalid for '--expect': give 1 or more.")
        }
    }

    func run() async throws {
        try await asked(connection) { control in
            if wait || revision != nil || expect != nil {
                try await waitForAll(control)
            } else {
                let answer = try await fleet(control)
                print(connection.json ? answer.prettyText() : table(answer))
            }
        }
    }

    private func fleet(_ control: OperatorClient) async throws -> JSONValue {
        try await control.get("environments", environment.name, "fleet")
    }

    private func waitForAll(_ control: OperatorClient) async throws {
        let clock = ContinuousClock()
        let started = clock.now
        var answer = try await fleet(control)
        let current = answer["revision"]?["number"]?.integerValue ?? 0
        let goal = FleetGoal(number: revision ?? current, expected: expect)
        while true {
            switch goal.verdict(on: answer) {
            case .done(let count):
                let took = (clock.now - started).formattedMilliseconds
                print(
                    connection.json
                        ? answer.prettyText()
                        : "revision \(goal.number) is applied and cached by all: \(CountText.of(count, "agent")) (\(took))"
                )
                return
            case .noAgents:
                throw CommandRefusal(
                    "no agents are registered in \(environment.name)",
                    hint: "start one with `pilotlight agent`, or wait for a number of them with --expect N")
            case .waiting(let missing):
                guard clock.now - started < timeout.duration else {
                    if connection.json { print(answer.prettyText()) }
                    throw CommandRefusal(
                        "after \(timeout) not everyone has revision \(goal.number):\n  "
                            + missing.joined(separator: "\n  "),
                        hint: "`pilotlight fleet forget ID` stops waiting for an agent that won't come back")
                }
            }
            try await Task.sleep(for: Self.pollInterval)
            answer = try await fleet(control)
        }
    }

    private func table(_ answer: JSONValue) -> String {
        let agents = FleetAgent.all(in: answer)
        var table = TextTable("ID", "NAME", "STATE", "REVISION", "LAG", "LAST SEEN", "SERVICE", "NOTES")
        for agent in agents {
            let service = [agent.service, agent.version].compactMap { $0 }.joined(separator: " ")
            table.add(
                agent.id, agent.name, agent.state.rawValue, agent.number.map { "\($0)" } ?? "–",
                agent.lag.map { "\($0)" } ?? "–", agent.lastSeen, service.isEmpty ? "–" : service,
                agent.notes.joined(separator: "; "))
        }
        return table.text
            + "\n\(CountText.of(agents.count, "agent")) in \(environment.name), control at \(RevisionText.full(answer["revision"]))"
    }
}

extension Duration {
    /// `12 ms`
    fileprivate var formattedMilliseconds: String {
        "\(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000) ms"
    }
}
