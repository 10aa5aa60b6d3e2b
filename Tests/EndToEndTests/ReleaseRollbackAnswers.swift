import Foundation
import Harness
import LookupProtocol

/// What an agent answers many users, for some flags and components: `VARIANT REASON` for each, in the users' order.
struct ReleaseRollbackAnswers: Equatable {
    private(set) var answers: [String: [String]] = [:]

    /// So many lookups are on their way at once.
    private static let portion = 256

    /// - Parameter subjects: flag keys; components as `Crowd.key(of:)` has them.
    init(_ subjects: [String], for users: [String], of agent: AgentProcess) async throws {
        answers = try await onThread { try Self.ask(subjects, users, agent) }
    }

    private static func ask(_ subjects: [String], _ users: [String], _ agent: AgentProcess) throws -> [String: [String]]
    {
        let connection = try agent.connect()
        var words: [FlagAnswer: String] = [:]
        var answers: [String: [String]] = [:]
        for subject in subjects {
            var given = [String](repeating: "", count: users.count)
            for start in stride(from: 0, to: users.count, by: portion) {
                let range = start..<min(start + portion, users.count)
                for index in range {
                    let request = LookupRequest(
                        id: UInt32(index), key: subject, subject: LookupSubject(targetingKey: users[index]))
                    try connection.send(.lookup(request))
                }
                for _ in range {
                    guard case .answer(let id, let answer) = try connection.frame() else { continue }
                    let text = words[answer] ?? "\(answer.variant ?? "no variant") \(answer.reason.name)"
                    words[answer] = text
                    given[Int(id)] = text
                }
            }
            answers[subject] = given
        }
        return answers
    }

    subscript(subject: String) -> [String] { answers[subject] ?? [] }

    /// Users who are answered otherwise here than there.
    func differing(from other: ReleaseRollbackAnswers, _ subject: String) -> [Int] {
        zip(self[subject], other[subject]).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
    }

    /// How many are answered so.
    func count(_ subject: String, _ variant: String) -> Int { self[subject].count { $0.hasPrefix(variant + " ") } }
}
