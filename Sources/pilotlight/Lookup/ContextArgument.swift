import ArgumentParser
import JSON

/// One `name=value` of an evaluation context. The value is read as JSON (`42`, `true`, `["a"]`, `"42"`); what isn't JSON
/// is a string as it stands.
struct ContextArgument: ExpressibleByArgument {
    var name: String
    var value: JSONValue

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        let text = String(argument[argument.index(after: equals)...])
        value = JSONReader.read(text, purpose: .context).value ?? .string(text)
    }
}
