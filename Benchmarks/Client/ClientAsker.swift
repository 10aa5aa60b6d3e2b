import Figures
import Harness
import PilotlightClient

/// Tasks that share one client, each with one lookup under way.
struct ClientAsker {
    private let client: FlagClient

    init(_ client: FlagClient) { self.client = client }

    func measure(lookups: Int, tasks: Int, _ agent: AgentProcess) async throws -> Measurement {
        try await Measurement(agent) {
            await withTaskGroup(of: Measurement.Part.self) { group in
                for task in 0..<tasks { group.addTask { await ask(lookups / tasks, task: task) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
    }

    private func ask(_ count: Int, task: Int) async -> Measurement.Part {
        var part = Measurement.Part()
        part.latencies.reserveCapacity(count)
        for number in 0..<count {
            let question = Question(number, task: task)
            let (key, context) = (question.key, EvaluationContext(targetingKey: question.targetingKey))
            let start = nanoseconds()
            let value = await client.integer(key, default: -1, context: context)
            part.latencies.append(nanoseconds() - start)
            if value != question.expected { part.wrong += 1 }
        }
        return part
    }
}
