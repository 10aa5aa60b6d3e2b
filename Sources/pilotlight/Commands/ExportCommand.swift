import ArgumentParser
import Foundation
import JSON

struct ExportCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "All flags, components and pilot groups as the one document that apply takes.")

    static let examples = [
        Example("pilotlight export --output flags.json", "Into a file"),
        Example("pilotlight export --environment staging | pilotlight apply - --dry-run", "Compare with production"),
    ]

    @Option(help: "Write to FILE, whole or not at all, instead of standard output.", completion: .file())
    var output: String?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let document = try await asked(connection) { control in
            try await control.get("environments", environment.name, "export")
        }
        let text = Self.text(of: document)
        if let warning = Self.warning(bytes: text.utf8.count, environment: environment.name) {
            FileHandle.standardError.write(Data((warning + "\n").utf8))
        }
        guard let output else { return print(text) }
        do {
            try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
        } catch {
            throw CommandRefusal(
                "\(output) can't be written: \(FileFault.reason(error))", hint: "check its folder and its mode")
        }
        let flags = document["flags"]?.objectValue?.count ?? 0
        let components = document["components"]?.objectValue?.count ?? 0
        let pilots = document["pilots"]?.objectValue?.count ?? 0
        if connection.json {
            let summary: JSONValue = [
                "output": .string(output), "flags": .integer(Int64(flags)), "components": .integer(Int64(components)),
                "pilots": .integer(Int64(pilots)),
            ]
            print(summary.prettyText())
        } else {
            var parts = [CountText.of(flags, "flag"), CountText.of(pilots, "pilot group")]
            if components > 0 { parts.insert(CountText.of(components, "component"), at: 1) }
            print("\(output): \(parts.joined(separator: ", "))")
        }
    }

    /// Indented for people and for version control, unless it then is too large to be applied.
    static func text(of document: JSONValue) -> String {
        let pretty = document.prettyText()
        return pretty.utf8.count < InputFile.largest ? pretty : document.compactText()
    }

    static func warning(bytes: Int, environment: String) -> String? {
        // The line break at its end belongs to the file.
        let bytes = bytes + 1
        guard bytes > InputFile.largest else { return nil }
        return """
            pilotlight: the document has \((bytes + (1 << 20) - 1) >> 20) MB; one document of an apply may have 16 MB
              hint: split it into files, which can be applied as one change; a large group's members go by \
            `pilotlight pilot show NAME --environment \(environment)`, and come back by `pilotlight pilot add NAME --from FILE`
            """
    }
}
