import Foundation
import Harness
import Testing

/// The command samples of a page run in its order, and print what it shows: see CONTRIBUTING.md.
@Suite("Documented commands", .gently)
struct DocumentedCommands {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Pages with a block of console input. Those of the examples are held against their own run.sh.
    static let pages: [String] = {
        let docs =
            (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("docs").path)) ?? []
        let paths =
            ["README.md", "CONTRIBUTING.md"] + docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
        return paths.filter { (try? text($0).contains("\n```console\n")) ?? false }
    }()

    private static func text(_ page: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
    }

    @Test("there are such pages") func pagesAreFound() throws {
        #expect(Self.pages.contains("docs/operations.md"))
        let page = ConsolePage("```json a.json\n{}\n```\n\n```console\n$ one \\\n    two   # why\nout\n$ three\n```\n")
        #expect(page.files == ["a.json": "{}\n"])
        #expect(page.samples.map(\.command) == ["one \\\n    two   # why", "three"])
        #expect(page.samples.map(\.output) == [["out"], []])
        #expect(ShownOutput(["a  12 ms", "…", "z"]).difference(from: ["a 7 ms", "b", "z"]) == nil)
        #expect(ShownOutput(["a", "z"]).difference(from: ["a", "b", "z"]) != nil)
    }

    @Test("each sample does what the page shows", arguments: pages) func samples(_ name: String) async throws {
        let page = ConsolePage(try Self.text(name))
        let cluster = try await Cluster(agents: 1)
        let agent = try #require(cluster.agents.first)
        let places = [
            ("127.0.0.1:7460", "127.0.0.1:\(cluster.control.apiPort)"),
            ("/run/pilotlight/agent.sock", agent.socket),
            ("/var/lib/pilotlight", cluster.directory.path),
        ]
        let folder = cluster.directory.path("page")
        try TemporaryDirectory.copy(Self.root.appendingPathComponent("Examples/quickstart").path, to: folder)
        for (file, content) in page.files {
            try content.write(toFile: folder + "/" + file, atomically: true, encoding: .utf8)
        }
        let bin = cluster.directory.path("bin")
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: bin + "/pilotlight", withDestinationPath: Pilotlight.binary)

        // One shell for the page: what a sample sets, the next one sees.
        let mark = "-- sample"
        let script = page.samples.map { sample in
            let command = places.reduce(sample.command) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
            return "\(command)\nprintf '\\n\(mark) %s\\n' $?\n"
        }
        let path = try cluster.directory.write("page.sh", "cd \(folder)\nexec 2>&1\n" + script.joined())
        let shell = try RunningProcess(
            "/bin/bash", [path],
            environment: Pilotlight.environment(adding: [
                "PATH": bin + ":/usr/local/bin:/usr/bin:/bin", "PILOTLIGHT_ACTOR": "ann",
                "PILOTLIGHT_CONTROL_URL": cluster.control.url, "PILOTLIGHT_SOCKET": agent.socket,
            ]), log: cluster.directory.path("page"))
        _ = try await shell.exit(within: .seconds(600))

        let parts = shell.output.components(separatedBy: "\n\(mark) ")
        #expect(parts.count == page.samples.count + 1, "\(name): \(shell.output.suffix(500))")
        var printed = parts.first ?? ""
        for (sample, part) in zip(page.samples, parts.dropFirst()) {
            let status = part.prefix { $0 != "\n" }
            let output = places.reduce(printed) { $0.replacingOccurrences(of: $1.1, with: $1.0) }
            printed = String(part.dropFirst(status.count + 1))
            #expect((status == "0") != sample.isRefused, "\(name): \(sample.command)\n\(output)")
            guard !sample.output.isEmpty else { continue }
            let difference = ShownOutput(sample.output).difference(from: ShownOutput.lines(output))
            #expect(difference == nil, "\(name): \(sample.command)\n\(output)")
        }
    }
}

/// What of a page can be run: blocks marked `console`, and files whose blocks bear their name (`json flags.json`).
private struct ConsolePage {
    struct Sample {
        var command: String
        var output: [String] = []

        /// A refusal shows what the command says of itself.
        var isRefused: Bool { output.first?.hasPrefix("pilotlight: ") ?? false }
    }

    private(set) var samples: [Sample] = []
    private(set) var files: [String: String] = [:]

    init(_ text: String) {
        var block: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                block = block == nil ? line.dropFirst(3).split(separator: " ") : nil
                if let block, block.count == 2 { files[String(block[1])] = "" }
            } else if let block, block.count == 2 {
                files[String(block[1]), default: ""] += line + "\n"
            } else if block == ["console"] {
                add(String(line))
            }
        }
    }

    private mutating func add(_ line: String) {
        if line.hasPrefix("$ ") {
            samples.append(Sample(command: String(line.dropFirst(2))))
        } else if let last = samples.indices.last {
            if samples[last].output.isEmpty, samples[last].command.hasSuffix("\\") {
                samples[last].command += "\n" + line
            } else if !line.isEmpty || !samples[last].output.isEmpty {
                samples[last].output.append(line)
            }
        }
    }
}
