import ArgumentParser
import JSON

struct FleetShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract:
            "Each agent's state, revision, lag, last report, service, version, health and clock; with --wait, wait for all.",
        discussion: """
            --wait is done when every live and silent agent has applied and cached the revision in the current epoch \
            with nothing quarantined. Gone agents don't count: said goodbye, forgotten, or silent for 15 minutes.
            """)

    static let examples = [
        Example("pilotlight fleet", "Every agent, and what it holds"),
        Example("pilotlight fleet --wait --timeout 30s", "Has everyone got it? Exit code 1 if not in time"),
        Example("pilotlight fleet --wait --expect 12 --revision 41", "Twelve agents at least, at revision 41 or later"),
    ]

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
        if wait || revision != nil || expect != nil {
            let (answer, line) = try await asked(connection, waitForAll)
            print(connection.json ? answer.prettyText() : line)
        } else {
            show(try await asked(connection, ask))
        }
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.list("environments", environment.name, "fleet", member: "agents")
    }

    private func waitForAll(_ control: OperatorClient) async throws -> (JSONValue, String) {
        let clock = ContinuousClock()
        let started = clock.now
        var answer = try await ask(control)
        let current = answer["revision"]?["number"]?.integerValue ?? 0
        let goal = FleetGoal(number: revision ?? current, expected: expect)
        return try await ProgressLine.during("waiting for revision \(goal.number)") { progress in
            while true {
                switch goal.verdict(on: answer) {
                case .done(let count):
                    return (answer, Self.done(goal, count, took: clock.now - started))
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
                    progress.say(
                        "waiting for revision \(goal.number): \(missing[0])"
                            + (missing.count > 1 ? " and \(missing.count - 1) more" : ""))
                }
                try await Task.sleep(for: Self.pollInterval)
                answer = try await ask(control)
            }
        }
    }

    private static func done(_ goal: FleetGoal, _ count: Int, took: Duration) -> String {
        "revision \(goal.number) is applied and cached by all: \(CountText.of(count, "agent")) "
            + "(\(took.formattedMilliseconds))"
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        let agents = FleetAgent.all(in: answer)
        var table = TextTable(
            "ID", "NAME", "STATE", "REVISION", "LAG", "LAST SEEN", "SERVICE", "NOTES", "HEALTH", "CLOCK")
        for agent in agents {
            let service = [agent.service, agent.version].compactMap { $0 }.joined(separator: " ")
            table.add(
                agent.id, TextTable.Cell(agent.name, .bold), TextTable.Cell(agent.state.rawValue, agent.state.colour),
                agent.number.map { "\($0)" } ?? "–",
                TextTable.Cell(agent.lag.map { "\($0)" } ?? "–", agent.lag ?? 0 > 0 ? .yellow : nil), agent.lastSeen,
                service.isEmpty ? "–" : service, TextTable.Cell(agent.notes.joined(separator: "; "), .red),
                TextTable.Cell(agent.health == "unchecked" ? "–" : agent.health, agent.healthColour),
                TextTable.Cell(agent.clock, agent.skew?.magnitude ?? 0 > 1_000 ? .yellow : nil))
        }
        return table.text(
            style,
            summary: "\(CountText.of(agents.count, "agent")) in \(environment.name), control at "
                + RevisionText.full(answer["revision"]))
    }
}

extension FleetAgent.State {
    fileprivate var colour: OutputStyle.Colour {
        switch self {
        case .live: .green
        case .silent: .yellow
        case .gone: .dim
        }
    }
}

extension FleetAgent {
    fileprivate var healthColour: OutputStyle.Colour? {
        switch health {
        case "passing": .green
        case "failing": .red
        default: nil
        }
    }
}

extension Duration {
    /// `12 ms`
    fileprivate var formattedMilliseconds: String {
        "\(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000) ms"
    }
}
