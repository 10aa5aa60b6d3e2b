import ArgumentParser
import Foundation
import JSON

struct BackupCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the control node's store into a file, while it goes on.",
        discussion: """
            The file holds every environment with its history, as of one commit. `pilotlight restore` puts it in place.
            """)

    static let examples = [
        Example("pilotlight backup pilotlight-backup.sqlite", "A copy of everything, as of one commit"),
        Example("pilotlight backup --force /var/backups/pilotlight.sqlite", "In the place of the last one"),
    ]

    /// Without a byte for so long, the connection is taken for dead. The control node copies its store before it sends the
    /// first one, which takes seconds for each gigabyte.
    private static let silence = Duration.seconds(120)

    @Argument(help: "The file to write.") var file: String
    @Flag(help: "Replace FILE if it is there.") var force = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        guard force || !FileManager.default.fileExists(atPath: file) else {
            throw CommandRefusal("\(file) is there already", hint: "name another file, or add --force to replace it")
        }
        let bytes = try await asked(connection, silence: Self.silence) { control in
            try await ProgressLine.during("copying the store into \(file)") { _ in
                try await control.download("backup", to: file)
            }
        }
        let answer = JSONValue.object(["file": .string(file), "bytes": .integer(Int64(bytes))])
        print(connection.json ? answer.prettyText() : "\(file): \(CountText.of(bytes, "byte"))")
    }
}
