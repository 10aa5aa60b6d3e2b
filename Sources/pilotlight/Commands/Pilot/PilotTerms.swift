import ArgumentParser
import Flags
import JSON

/// What a pilot group is besides its members.
struct PilotTerms: ParsableArguments {
    @Option(
        help: "Whoever the targeting rule in FILE is true for, is in: JSON; - is standard input.", completion: .file())
    var rule: String?
    @Option(help: "So many percent of all users are in, 0 to 100 with two decimals at most.") var percent: Percentage?
    @Option(help: ArgumentHelp("A user who is never in; repeatable.", valueName: "user")) var exclude: [String] = []

    /// The members of a request: those that were given.
    func body() throws -> JSONObject {
        var body = JSONObject()
        if let rule { body["rule"] = try Self.rule(in: rule) }
        if let percent { body["percentage"] = percent.json }
        if !exclude.isEmpty { body["exclude"] = .array(exclude.map { .string($0) }) }
        return body
    }

    private static func rule(in path: String) throws -> JSONValue {
        let (value, problems) = JSONReader.read(try InputFile.read(path))
        if let value, problems.isEmpty { return value }
        let name = InputFile.name(of: path)
        throw CommandRefusal(
            problems.map { "\(name):\($0.position.line):\($0.position.column): \($0.reason)" }.joined(separator: "\n"),
            hint: "a rule is JSON, such as {\"==\": [{\"var\": \"plan\"}, \"gold\"]}")
    }

    /// `rule, 5 %, less 2 users`, from a group as the operator API gives it; nil for a plain list.
    static func text(_ pilot: JSONValue) -> String? {
        var parts: [String] = []
        if let rule = pilot["rule"], rule != .null { parts.append("rule") }
        if let percentage = pilot["percentage"].flatMap({ Percentage($0) }), percentage != .none {
            parts.append(percentage.text)
        }
        let excluded = pilot["exclude"]?.arrayValue?.count ?? 0
        if excluded > 0 { parts.append("less \(CountText.of(excluded, "user"))") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
