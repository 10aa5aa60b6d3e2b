import ArgumentParser
import JSON

/// Nothing is given to users that isn't there, unless somebody says so.
struct UncheckedOption: ParsableArguments {
    @Flag(help: "Take a version without a verified deployment, too.") var unchecked = false

    /// `body` with that word, if it was given.
    func added(to body: JSONObject) -> JSONObject {
        var body = body
        if unchecked { body["unchecked"] = .bool(true) }
        return body
    }
}
