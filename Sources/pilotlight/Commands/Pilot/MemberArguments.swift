import ArgumentParser
import JSON

/// The members a `pilot add` or `pilot remove` speaks of: named on the command line, or one to a line in a file.
struct MemberArguments: ParsableArguments {
    @Argument(help: "The pilot group's name.", completion: .custom(NameCompletion.pilots)) var name: String
    @Argument(help: "Targeting keys.") var members: [String] = []
    @Option(help: "Read members from FILE, one to a line; - is standard input.", completion: .file())
    var file: String?

    func validate() throws {
        guard !members.isEmpty || file != nil else {
            throw ValidationError("Name a member, or a file of members with --file.")
        }
    }

    func all() throws -> [String] {
        guard let file else { return members }
        let name = InputFile.name(of: file)
        let text = try InputFile.text(InputFile.bytes(file, atMost: .max), name: name)
        return members + Self.lines(of: text)
    }

    /// Lines end with LF or CRLF. What else Unicode takes for the end of a line may stand in a targeting key.
    static func lines(of text: String) -> [String] {
        text.split { $0 == "\n" || $0 == "\r\n" }.map(String.init)
    }
}
