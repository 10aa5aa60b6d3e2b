import ArgumentParser
import JSON

/// A command that asks the control node something and prints the answer, as text or, with `--json`, as it came.
protocol OperatorCommand: AsyncParsableCommand, ExampledCommand {
    var connection: ConnectionOptions { get }

    /// Talks to the control node.
    func ask(_ control: OperatorClient) async throws -> JSONValue
    /// The answer for people.
    func text(for answer: JSONValue, _ style: OutputStyle) -> String
}

extension OperatorCommand {
    func run() async throws {
        let answer = try await asked(connection, ask)
        show(answer)
    }

    func show(_ answer: JSONValue) {
        let text = connection.json ? answer.prettyText() : text(for: answer, connection.style)
        // An empty list in a pipe is no line, rather than an empty one.
        if !text.isEmpty { print(text) }
    }
}

/// Runs `body` with a client; with `--json`, a refusal is printed as the problem document it is, besides its text.
func asked<Result>(
    _ connection: ConnectionOptions, silence: Duration? = nil, _ body: (OperatorClient) async throws -> Result
) async throws -> Result {
    do {
        return try await OperatorClient.connected(connection, silence: silence, body)
    } catch let problem as ProblemDetails {
        if connection.json { print(problem.document.prettyText()) }
        throw problem
    }
}
