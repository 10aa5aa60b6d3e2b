import ArgumentParser
import Foundation
import JSON

/// The members a `pilot add` or `pilot remove` speaks of: named on the command line, or one to a line in a file.
struct MemberArguments: ParsableArguments {
    @Argument(help: "The pilot group's name.") var name: String
    @Argument(help: "Targeting keys.") var members: [String] = []
    @Option(name: .customLong("from"), help: "Read members from FILE, one to a line; - is standard input.")
    var file: String?

    func validate() throws {
        guard !members.isEmpty || file != nil else {
            throw ValidationError("Name a member, or a file of members with --from.")
        }
    }

    func all() throws -> [String] {
        guard let file else { return members }
        let data: Data
        do {
            data =
                file == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw CommandRefusal(
                "\(file) can't be read: \(error.localizedDescription)", hint: "check its path and its mode")
        }
        let text = try InputFile.text(Array(data), name: file)
        return members + text.split(whereSeparator: \.isNewline).map(String.init)
    }
}
