import ArgumentParser
import Foundation
import Testing

@testable import pilotlight

/// What the documents say is true of the binary and of the tree.
@Suite struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let documents: [String] = {
        let files = FileManager.default.enumerator(
            at: root, includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
        let paths = (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "md" }.map(\.path)
        return paths.map { String($0.dropFirst(root.path.count + 1)) }.sorted()
    }()

    private static func text(_ document: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(document), encoding: .utf8)
    }

    /// Lines in code blocks that begin with `pilotlight`, continued lines joined, comments and output cut.
    private static func commands(in text: String) -> [[String]] {
        var commands: [[String]] = []
        var isCode = false
        for line in text.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n") {
            if line.hasPrefix("```") { isCode.toggle() }
            let words = line.split(separator: " ").map(String.init)
            let command = words.first == "$" ? Array(words.dropFirst()) : words
            // An overview such as `list | show` is no command line.
            guard isCode, command.first == "pilotlight", !command.contains("|"), !line.contains("──") else { continue }
            commands.append(
                Array(command.dropFirst().prefix { $0 != "#" && $0 != "&" && !$0.hasPrefix("2>") && $0 != ">" }))
        }
        return commands
    }

    @Test(arguments: documents) func everyCommandIsUnderstood(_ document: String) throws {
        for command in Self.commands(in: try Self.text(document)) {
            let arguments = command.map { $0.replacingOccurrences(of: "\"", with: "") }
            #expect(throws: Never.self, "\(document): pilotlight \(arguments.joined(separator: " "))") {
                _ = try PilotlightCommand.parseAsRoot(arguments)
            }
        }
    }

    @Test func commandsAreFound() throws {
        #expect(Self.commands(in: try Self.text("README.md")).count > 10)
        #expect(
            Self.commands(in: "```\n$ pilotlight fleet --wait # why\nrevision 2\n```\npilotlight prose\n")
                == [["fleet", "--wait"]])
    }

    @Test(arguments: documents) func everyLinkLeadsSomewhere(_ document: String) throws {
        let folder = Self.root.appendingPathComponent(document).deletingLastPathComponent()
        for match in try Self.text(document).matches(of: /\]\(([^)#: ]+)\)/) {
            let target = folder.appendingPathComponent(String(match.1)).path
            #expect(FileManager.default.fileExists(atPath: target), "\(document) links to \(match.1)")
        }
    }
}
