import ArgumentParser
import Foundation
import JSON

/// A command that asks the control node something and prints the answer, as text or, with `--json`, as it came.
protocol OperatorCommand: AsyncParsableCommand {
    var connection: ConnectionOptions { get }

    /// Talks to the control node.
    func ask(_ control: OperatorClient) async throws -> JSONValue
    /// The answer for people.
    func text(for answer: JSONValue) -> String
}

extension OperatorCommand {
    func run() async throws {
        let answer = try await asked(connection, ask)
        print(connection.json ? answer.prettyText() : text(for: answer))
    }
}

/// Runs `body` with a client; with `--json`, a refusal is printed as the problem document it is, besides its text.
func asked<Result>(
    _ connection: ConnectionOptions, _ body: (OperatorClient) async throws -> Result
) async throws -> Result {
    do {
        return try await OperatorClient.connected(connection, body)
    } catch let problem as ProblemDetails {
        if connection.json { print(problem.document.prettyText()) }
        throw problem
    }
}
