import Foundation
import Harness
import Testing

/// The examples do what their texts say.
@Suite("Examples", .gently)
struct ExampleTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let folder = root.appendingPathComponent("Examples")

    /// Every folder that can be run as it stands.
    static let examples = [
        "blue-green", "gitops", "offline-agent", "pilot-group", "ramp-and-kill", "release", "shell-client",
        "swift-client",
    ]

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Runs an example to its end, which must be a good one, and returns what it printed.
    private static func run(_ example: String) async throws -> [String] {
        let directory = try TemporaryDirectory()
        let variables = [
            "PILOTLIGHT_BINARY": Pilotlight.binary, "PILOTLIGHT_API_PORT": "\(try FreePort.row(of: 12))",
        ].merging(ControlProcess.patience) { $1 }.merging(AgentProcess.patience) { $1 }
        let process = try RunningProcess(
            "/bin/bash", [folder.appendingPathComponent("\(example)/run.sh").path],
            environment: Pilotlight.environment(adding: variables), log: directory.path(example))
        #expect(try await process.exit(within: .seconds(900)) == .exited(0), "\(process.output)\(process.errors)")
        #expect(process.output.hasSuffix("\nDone. Nothing of this is left running.\n"))
        return ShownOutput.lines(process.output)
    }

    @Test("the quickstart ends with the answer still there, and prints what the README shows")
    func quickstart() async throws {
        let printed = try await Self.run("quickstart")
        let shown = try #require(
            try Self.text("README.md").components(separatedBy: "$ ./scripts/quickstart\n").dropFirst().first)
        let lines = ShownOutput.lines(shown.components(separatedBy: "\n\n$ ./scripts/test")[0])
        #expect(lines.count > 15)
        let difference = ShownOutput(lines).difference(from: printed)
        #expect(difference == nil)
    }

    @Test("an example prints what its README shows", arguments: examples) func example(_ name: String) async throws {
        let printed = try await Self.run(name)
        let readme = try Self.text("Examples/\(name)/README.md")
        let blocks = readme.components(separatedBy: "```console\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        let lines = ShownOutput.lines(blocks.joined(separator: "…\n"))
        #expect(lines.count > 10)
        let difference = ShownOutput(lines).difference(from: printed)
        #expect(difference == nil)
    }

    @Test("every example has a README, and is named by the others' list") func complete() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { !$0.contains(".") }
        let list = try Self.text("Examples/README.md")
        for folder in folders {
            #expect(throws: Never.self) { try Self.text("Examples/\(folder)/README.md") }
            #expect(list.contains("(\(folder)/README.md)"), "Examples/README.md doesn't name \(folder)")
        }
    }
}
