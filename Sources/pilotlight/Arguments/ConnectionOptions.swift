import ArgumentParser
import Foundation

/// Where the control node is and who is asking: on every operator command.
struct ConnectionOptions: ParsableArguments {
    static let defaultURL = "http://127.0.0.1:7460"

    @Option(name: .customLong("control-url"), help: "The control node's operator API.")
    var controlURL = defaultURL

    @Option(help: "Who makes the change, for the history; otherwise the login name.")
    var actor: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard let url = URL(string: controlURL), let host = url.host, !host.isEmpty,
            url.scheme == "http" || url.scheme == "https"
        else {
            throw ValidationError(
                "The value '\(controlURL)' is invalid for '--control-url': give http://HOST:PORT, such as "
                    + "\(Self.defaultURL).")
        }
        guard !actorName.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw ValidationError("The value of '--actor' holds a control character: give a name.")
        }
    }

    var json: Bool { output.json }
    var style: OutputStyle { output.style }

    /// The actor as given, or else the name of the account that runs the command.
    var actorName: String {
        if let actor, !actor.isEmpty { return actor }
        return NSUserName()
    }
}

/// The environment a command speaks of.
struct EnvironmentOption: ParsableArguments {
    static let defaultName = "production"

    @Option(
        name: .customLong("environment"), help: "The environment.", completion: .custom(NameCompletion.environments))
    var name = defaultName

    /// What a command that is told to somebody needs besides: ` --environment staging`.
    static func words(for name: String) -> String { name == defaultName ? "" : " --environment \(name)" }
}
