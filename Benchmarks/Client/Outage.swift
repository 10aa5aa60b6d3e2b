import Figures
import Foundation
import Harness
import PilotlightClient
import Synchronization

/// The agent frozen, then killed and started again, while all tasks ask without pause and with the standard deadline.
final class Outage: Sendable {
    struct Tally: Sendable {
        var right = 0
        var unreachable = 0
        var late = 0
        var wrong = 0
        var longest: UInt64 = 0
        var away: Double = 0
        var isOver = false

        var text: String {
            """
            the agent frozen, thawed, killed with kill -9 and started again \((away * 1_000).digits(0)) ms later:
            \(right) right, \(late) defaults "deadline exceeded", \(unreachable) defaults "agent unreachable", \
            \(wrong) anything else; the longest lookup took \((Double(longest) / 1e6).digits(1)) ms
            """
        }
    }

    private let client: FlagClient
    private let agent: AgentProcess
    private let state = Mutex(Tally())

    init(_ agent: AgentProcess) {
        client = FlagClient(socketPath: agent.socket)
        self.agent = agent
    }

    func run(tasks: Int) async throws -> Tally {
        let asking = Task { await self.ask(tasks: tasks) }
        try await moves("right answers", by: 10_000) { $0.right }
        agent.process?.freeze()
        try await moves("deadlines", by: 3 * tasks) { $0.late }
        agent.process?.thaw()
        try await moves("right answers after the thaw", by: 10_000) { $0.right }
        agent.kill()
        let start = nanoseconds()
        try await moves("defaults", by: 1_000) { $0.unreachable }
        try agent.launch()
        state.withLock { $0.away = Double(nanoseconds() - start) / 1e9 }
        try await moves("right answers again", by: 10_000) { $0.right }
        state.withLock { $0.isOver = true }
        await asking.value
        await client.shutdown()
        return state.withLock { $0 }
    }

    private func moves(_ what: String, by count: Int, _ figure: (Tally) -> Int) async throws {
        let goal = state.withLock { figure($0) } + count
        try await eventually(what) { _ in self.state.withLock { figure($0) } >= goal }
    }

    private func ask(tasks: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var number = 0
                    while !self.state.withLock({ $0.isOver }) {
                        number += 1
                        await self.ask(Question(number, task: task))
                    }
                }
            }
        }
    }

    private func ask(_ question: Question) async {
        let start = nanoseconds()
        let details = await client.integerDetails(
            question.key, default: -1, context: EvaluationContext(targetingKey: question.targetingKey))
        let took = nanoseconds() - start
        state.withLock { state in
            state.longest = max(state.longest, took)
            switch (details.value, details.errorMessage) {
            case (question.expected, nil): state.right += 1
            case (-1, let message?) where message.hasPrefix("agent unreachable"): state.unreachable += 1
            case (-1, let message?) where message.hasPrefix("deadline exceeded"): state.late += 1
            default: state.wrong += 1
            }
        }
        // The default comes without any wait: leave the cores to the agent that starts.
        if details.errorCode != nil { try? await Task.sleep(for: .milliseconds(1)) }
    }
}
