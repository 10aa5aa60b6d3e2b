import Figures
import Foundation
import Harness
import PilotlightClient
import Synchronization

/// The agent killed and started again while all tasks ask without pause.
final class Outage: Sendable {
    struct Tally: Sendable {
        var right = 0
        var defaults = 0
        var wrong = 0
        var longest: UInt64 = 0
        var away: Double = 0
        var isOver = false

        var text: String {
            """
            agent killed with kill -9 and started again \((away * 1_000).digits(0)) ms later, all tasks asking:
            \(right) right, \(defaults) defaults with the reason "agent unreachable", \(wrong) anything else; \
            the longest lookup took \((Double(longest) / 1e6).digits(1)) ms
            """
        }
    }

    private let client: FlagClient
    private let agent: AgentProcess
    private let state = Mutex(Tally())

    init(_ client: FlagClient, _ agent: AgentProcess) {
        self.client = client
        self.agent = agent
    }

    func run(tasks: Int) async throws -> Tally {
        let asking = Task { await self.ask(tasks: tasks) }
        try await moves("right answers", by: 10_000) { $0.right }
        agent.kill()
        let start = nanoseconds()
        try await moves("defaults", by: 1_000) { $0.defaults }
        try agent.launch()
        state.withLock { $0.away = Double(nanoseconds() - start) / 1e9 }
        try await moves("right answers again", by: 10_000) { $0.right }
        state.withLock { $0.isOver = true }
        await asking.value
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
            if details.value == question.expected, details.errorCode == nil {
                state.right += 1
            } else if details.value == -1, details.errorMessage?.hasPrefix("agent unreachable") == true {
                state.defaults += 1
            } else {
                state.wrong += 1
            }
        }
        // The default comes without any wait: leave the cores to the agent that starts.
        if details.errorCode != nil { try? await Task.sleep(for: .milliseconds(1)) }
    }
}
