import ArgumentParser
import JSON
import Testing

@testable import pilotlight

/// What a command makes of the operator API's answer.
enum Rendered {
    static let revision: JSONValue = ["epoch": ["counter": 2, "id": "00000000000000aa"], "number": 41]

    static func text(
        _ words: [String], _ answer: JSONValue, _ style: OutputStyle = .colourless
    ) throws -> String {
        try #require(try PilotlightCommand.parseAsRoot(words) as? any OperatorCommand).text(for: answer, style)
    }

    static func text(_ words: String, _ answer: JSONValue, _ style: OutputStyle = .colourless) throws -> String {
        try text(words.split(separator: " ").map(String.init), answer, style)
    }
}
