import ArgumentParser

/// The members a `pilot add` or `pilot remove` speaks of: named on the command line, or in a file.
struct MemberArguments: ParsableArguments {
    @Argument(help: "The pilot group's name.", completion: .custom(NameCompletion.pilots)) var name: String
    @Argument(help: "Targeting keys.") var members: [String] = []
    @Option(
        name: [.customLong("from"), .customLong("file")],
        help: "Read members from FILE: one to a line, or a column of a CSV file; - is standard input.",
        completion: .file())
    var from: String?
    @Option(help: "The column of a CSV file that holds the members; the first of one that ends in .csv.")
    var column: String?

    func validate() throws {
        guard !members.isEmpty || from != nil else {
            throw ValidationError("Name a member, or a file of members with --from.")
        }
        if column != nil && from == nil { throw ValidationError("--column is of a file: name it with --from.") }
    }

    func all() throws -> [String] {
        guard let from else { return members }
        return members + (try KeyFile.read(from, column: column))
    }
}
