import ArgumentParser
import JSON

/// A part of an evaluation context: one `name=value`, or a JSON object of any number of members. The value is read as JSON
/// (`42`, `true`, `["a"]`, `"42"`); what isn't JSON is a string as it stands.
struct ContextArgument: ExpressibleByArgument {
    var members: JSONObject

    init?(argument: String) {
        if argument.hasPrefix("{") {
            guard let object = JSONReader.read(argument, purpose: .context).value?.objectValue else { return nil }
            members = object
            return
        }
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        let text = String(argument[argument.index(after: equals)...])
        members = [
            String(argument[..<equals]): JSONReader.read(text, purpose: .context).value ?? .string(text)
        ]
    }
}

/// The evaluation context that a question is asked with.
struct ContextOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Of the evaluation context: NAME=VALUE, where the value is JSON or else a string, or a JSON object. "
                + "Repeatable.", valueName: "name=value"))
    var context: [ContextArgument] = []

    /// All members, the last of a name where it is given twice.
    func members(targetingKey: String? = nil) -> JSONObject {
        var members = JSONObject()
        for argument in context {
            for member in argument.members { members[member.key] = member.value }
        }
        if let targetingKey { members["targetingKey"] = .string(targetingKey) }
        return members
    }
}
