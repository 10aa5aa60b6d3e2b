import ArgumentParser
import JSON
import Releases

/// When something was asked, as one types it: a revision's number (`41`), with its epoch (`2/41`), or a moment.
struct RevisionOrTime: ExpressibleByArgument {
    /// As the operator API takes it.
    var json: JSONValue

    init?(argument: String) {
        if let number = Int64(argument) {
            guard number >= 0, !argument.hasPrefix("+") else { return nil }
            json = .integer(number)
        } else if argument.split(separator: "/").compactMap({ UInt64($0) }).count == 2 {
            json = .string(argument)
        } else {
            guard Timestamp.seconds(of: argument) != nil else { return nil }
            json = .string(argument)
        }
    }
}
