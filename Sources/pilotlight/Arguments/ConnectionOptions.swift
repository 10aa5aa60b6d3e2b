import ArgumentParser
import Foundation
import JSON

/// Where the control node is and who is asking: on every operator command.
struct ConnectionOptions: ParsableArguments {
    @Option(name: .customLong("control-url"), help: "The control node's operator API.")
    var controlURL = "http://127.0.0.1:7460"

    @Option(help: "Who makes the change, for the history; otherwise the login name.")
    var actor: String?

    @Flag(help: "Print the control node's JSON answer instead of text.")
    var json = false

    func validate() throws {
        guard let url = URL(string: controlURL), let host = url.host, !host.isEmpty,
            url.scheme == "http" || url.scheme == "https"
        else {
            throw ValidationError(
                "The value '\(controlURL)' is invalid for '--control-url': give http://HOST:PORT, such as "
                    + "http://127.0.0.1:7460.")
        }
        guard !actorName.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw ValidationError("The value of '--actor' holds a control character: give a name.")
        }
    }

    /// The actor as given, or else the name of the account that runs the command.
    var actorName: String {
        if let actor, !actor.isEmpty { return actor }
        return NSUserName()
    }
}

/// The environment a command speaks of.
struct EnvironmentOption: ParsableArguments {
    @Option(name: .customLong("environment"), help: "The environment.")
    var name = "production"
}

/// Why a change is made.
struct MessageOption: ParsableArguments {
    @Option(name: .customLong("message"), help: "Why, for the history.")
    var text: String?

    /// `body` with the message, if there is one.
    func added(to body: JSONObject) -> JSONObject {
        var body = body
        if let text { body["message"] = .string(text) }
        return body
    }
}
