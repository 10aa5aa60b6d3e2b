import Foundation
import Harness
import JSON
import LookupProtocol

/// Many users, and what each of them gets from an agent.
struct Crowd {
    var keys: [String]

    init(_ count: Int = 200, prefix: String = "user-") {
        keys = (0..<count).map { "\(prefix)\($0)" }
    }

    /// One answer without what changes with every revision.
    struct Answer: Hashable, CustomStringConvertible {
        var variant: String?
        var value: AnswerValue?
        var reason: String
        var error: String?

        init(_ answer: FlagAnswer) {
            variant = answer.variant
            value = answer.value
            reason = answer.reason.name
            error = answer.error?.name
        }

        var description: String { "\(variant ?? "no variant") \(reason) \(error ?? "")" }
    }

    func answers(_ flag: String, of agent: AgentProcess, context: String? = nil) throws -> [String: Answer] {
        let connection = try agent.connect()
        var answers: [String: Answer] = [:]
        for key in keys {
            answers[key] = Answer(try connection.lookup(flag, targetingKey: key, context: context))
        }
        return answers
    }

    /// Those who get `variant`.
    func users(of variant: String, _ flag: String, of agent: AgentProcess, context: String? = nil) throws -> Set<String>
    {
        Set(try answers(flag, of: agent, context: context).filter { $0.value.variant == variant }.keys)
    }

    /// One key to a line.
    var lines: String { keys.joined(separator: "\n") + "\n" }
}

extension Cluster {
    /// Runs a command that must succeed, and waits until every agent has what it published.
    @discardableResult
    func done(_ words: String...) async throws -> CommandResult {
        let result = try await Pilotlight.run(words + ["--control-url", control.url])
        guard result.code == 0 else { throw HarnessError("pilotlight \(words.joined(separator: " ")): \(result)") }
        try await converged()
        return result
    }

    /// Applies a document and waits until every agent has it.
    func apply(_ document: String) async throws {
        try control.apply(document)
        try await converged()
    }

    /// Runs a command that must be refused.
    func refused(_ words: String...) async throws -> String {
        let result = try await Pilotlight.run(words + ["--control-url", control.url])
        guard result.code == 1 else { throw HarnessError("pilotlight \(words.joined(separator: " ")): \(result)") }
        return result.errors
    }
}
