import ArgumentParser
import JSON

struct HealthCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Ask an agent or a control node whether it is well.",
        discussion: """
            Exit code 0: it answers; with --ready, an agent must hold confirmed state, too. Without --socket and --url it \
            asks the agent's socket if there is one, or else the control node on this machine.
            """)

    static let examples = [
        Example("pilotlight health --ready", "Does the agent on this machine hold confirmed state?"),
        Example("pilotlight health --url http://10.0.0.5:7460 --json", "A control node elsewhere"),
    ]

    @Option(help: "The agent's socket.") var socket: String?
    @Option(help: "A control node, or an agent's --probe-port; goes before --socket.") var url: String?
    @Flag(help: "An agent that never had confirmed state is not well, either.") var ready = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let question = HealthQuestion(url: url, socket: socket)
        let answer = try await ProgressLine.during("waiting for \(question.place)") { _ in try await question.asked() }
        print(output.json ? answer.prettyText() : Self.text(for: answer))
        guard !ready || answer["ready"] != .bool(false) else {
            throw CommandRefusal(
                "\(question.place) is not ready: it never had confirmed state",
                hint: "start a control node, or check the agent's --control and --environment")
        }
    }

    /// A control node says only that it is well; an agent also what it holds.
    private static func text(for answer: JSONValue) -> String {
        var facts = ["well"]
        if answer["ready"] == .bool(false) { facts.append("not ready") }
        if let revision = answer["revision"], revision != .null {
            facts.append(RevisionText.full(revision))
            facts.append(answer["stale"] == .bool(true) ? "stale" : "fresh")
        }
        return facts.joined(separator: " · ")
    }
}
