import Foundation
import Harness
import Testing

/// docs/operations.md explains whatever a running system shows an operator.
@Suite("Operations page", .gently)
struct OperationsPageTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// White space as a reader sees it.
    private static func page() throws -> String {
        try String(contentsOf: root.appendingPathComponent("docs/operations.md"), encoding: .utf8)
            .replacing(/\s+/, with: " ")
    }

    @Test("every metric of both roles is in it") func metrics() async throws {
        let page = try Self.page()
        let cluster = try await Cluster(agents: 1)
        let agent = try #require(cluster.agents.first)
        // One of them is there only once the control node was heard.
        let own = try await awaited("the agent has heard a heartbeat") { _ in
            let text = try agent.http("GET", "/metrics").text
            return text.contains("pilotlight_staleness_seconds") ? text : nil
        }
        let pages = [try HTTPConnection.request(.tcp(cluster.control.apiPort), "GET", "/metrics").text, own]
        for text in pages {
            let names = text.matches(of: /# TYPE ([a-z_]+)/).map { String($0.1) }
            #expect(names.count > 10)
            for name in names {
                let isThere = page.contains("`\(name)`")
                #expect(isThere, "\(name) isn't in docs/operations.md")
            }
        }
        let all = pages.joined()
        for match in page.matches(of: /`(pilotlight_[a-z_]+)/) {
            let isExported = all.contains("# TYPE \(match.1) ")
            #expect(isExported, "docs/operations.md has \(match.1), which nobody exports")
        }
    }

    @Test("every warning and error of the log is in it") func logLines() throws {
        let page = try Self.page()
        var found = 0
        for room in ["Control", "Agent", "AgentSocket"] {
            for file in try Self.sources("Sources/\(room)") {
                let text = try String(contentsOf: file, encoding: .utf8)
                for match in text.matches(of: /logger\.(?:warning|error|critical)\(\s*("""|")/) {
                    let rest = text[match.range.upperBound...]
                    let end = match.1 == "\"\"\"" ? "\"\"\"" : "\""
                    found += 1
                    Self.expect(String(rest.prefix(upTo: Self.end(of: rest, end))), in: page, file.lastPathComponent)
                }
            }
        }
        #expect(found > 25)
        // What the replica notes and the agent logs.
        let notes = Self.root.appendingPathComponent("Sources/Replication/ReplicaAction.swift")
        for match in try String(contentsOf: notes, encoding: .utf8).matches(of: /"((?:[^"\\]|\\.)*)"/) {
            Self.expect(String(match.1), in: page, "ReplicaAction.swift")
        }
    }

    private static func sources(_ folder: String) throws -> [URL] {
        let files = FileManager.default.enumerator(
            at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
        return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
    }

    /// Where a literal ends: at its quotes, outside of interpolations.
    private static func end(of text: Substring, _ quotes: String) -> String.Index {
        var depth = 0
        var index = text.startIndex
        while index < text.endIndex {
            let rest = text[index...]
            if rest.hasPrefix("\\(") {
                depth += 1
                index = text.index(index, offsetBy: 2)
                continue
            }
            if depth > 0 {
                depth += text[index] == "(" ? 1 : text[index] == ")" ? -1 : 0
            } else if rest.hasPrefix(quotes) {
                return index
            }
            index = text.index(after: index)
        }
        return text.endIndex
    }

    /// The parts of a message between what it puts in are all in the page.
    private static func expect(_ literal: String, in page: String, _ source: String) {
        let text = literal.replacing(/\\\n\s*/, with: "").replacing(/\s+/, with: " ")
        let gap = "\u{0}"
        let parts = text.replacing(/\\\((?:[^()]|\([^()]*\))*\)/, with: gap).split(separator: gap)
        for part in parts.map({ $0.trimmingCharacters(in: .whitespaces) }) where part.count > 8 {
            let isThere = page.contains(part)
            #expect(isThere, "\(source) logs what docs/operations.md doesn't have: \(part)")
        }
    }
}
