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

    /// Command lines in code blocks that begin with `pilotlight`, also behind a pipe; continued lines joined, comments and
    /// what goes to files cut.
    private static func commands(in text: String) -> [[String]] {
        var commands: [[String]] = []
        var isCode = false
        for line in text.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n") {
            if line.hasPrefix("```") { isCode.toggle() }
            guard isCode, !line.contains("──") else { continue }
            let words = words(line).drop { $0 == "$" }.prefix { $0 != "#" }
            for part in words.split(separator: "|") where part.first == "pilotlight" {
                commands.append(Array(part.dropFirst().prefix { $0 != "&" && $0 != ">" && !$0.hasPrefix("2>") }))
            }
        }
        return commands
    }

    /// Splits as a shell does, with quotes.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == " " {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }

    @Test(arguments: documents) func everyCommandIsUnderstood(_ document: String) throws {
        for arguments in Self.commands(in: try Self.text(document)) {
            do {
                _ = try PilotlightCommand.parseAsRoot(arguments)
            } catch {
                // Asking for help or a completion script is an error that succeeds.
                let command = "\(document): pilotlight \(arguments.joined(separator: " "))"
                #expect(PilotlightCommand.exitCode(for: error) == .success, "\(command)")
            }
        }
    }

    @Test func commandsAreFound() throws {
        #expect(Self.commands(in: try Self.text("README.md")).count > 10)
        #expect(
            Self.commands(in: "```\n$ pilotlight fleet --wait # why\nrevision 2\n```\npilotlight prose\n")
                == [["fleet", "--wait"]])
        #expect(
            Self.commands(in: "```\npilotlight export | pilotlight apply - --message \"a b\" > log\n```\n")
                == [["export"], ["apply", "-", "--message", "a b"]])
    }

    @Test(arguments: documents) func everyLinkLeadsSomewhere(_ document: String) throws {
        let folder = Self.root.appendingPathComponent(document).deletingLastPathComponent()
        for match in try Self.text(document).matches(of: /\]\(([^)#: ]+)\)/) {
            let target = folder.appendingPathComponent(String(match.1)).path
            #expect(FileManager.default.fileExists(atPath: target), "\(document) links to \(match.1)")
        }
    }

    @Test(arguments: documents) func everyAnchorIsAHeading(_ document: String) throws {
        let folder = Self.root.appendingPathComponent(document).deletingLastPathComponent()
        for match in try Self.text(document).matches(of: /\]\(([^)#: ]*)#([^) ]+)\)/) {
            let target =
                match.1.isEmpty
                ? Self.root.appendingPathComponent(document) : folder.appendingPathComponent(String(match.1))
            let headings = try String(contentsOf: target, encoding: .utf8).matches(of: /\n#+ ([^\n]+)/).map { heading in
                heading.1.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
                    .replacingOccurrences(of: " ", with: "-")
            }
            #expect(headings.contains(String(match.2)), "\(document) links to \(match.1)#\(match.2)")
        }
    }
}
