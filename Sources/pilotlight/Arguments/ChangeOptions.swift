import ArgumentParser
import Foundation
import JSON

/// What every command that changes an environment takes.
struct ChangeOptions: ParsableArguments {
    @Option(help: "Why, for the history.") var message: String?
    @Option(help: "Refuse the change unless the environment stands at this number.") var ifRevision: Int64?
    @Option(help: "A text of your own that makes repeating the command safe: one key is one change.")
    var idempotencyKey: String?

    func validate() throws {
        if let ifRevision, ifRevision < 0 {
            throw ValidationError("The value '\(ifRevision)' is invalid for '--if-revision': numbers start at 0.")
        }
        if let idempotencyKey {
            guard (1...ChangeTerms.longestKey).contains(idempotencyKey.utf8.count),
                idempotencyKey.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else {
                throw ValidationError(
                    "The value of '--idempotency-key' can't be used: give 1 to \(ChangeTerms.longestKey) printable "
                        + "ASCII characters without spaces.")
            }
        }
    }

    /// With a random key where none is given, so that a change may be sent again when its answer got lost.
    var terms: ChangeTerms {
        ChangeTerms(message: message, ifRevision: ifRevision, key: idempotencyKey ?? UUID().uuidString.lowercased())
    }
}

/// Why, where nothing else of a change's options makes sense.
struct MessageOption: ParsableArguments {
    @Option(name: .customLong("message"), help: "Why, for the history.") var text: String?

    /// `body` with the message, if there is one.
    func added(to body: JSONObject) -> JSONObject {
        var body = body
        if let text { body["message"] = .string(text) }
        return body
    }
}
