import Foundation
import Harness
import Testing

/// The examples do what their texts say.
@Suite("Examples", .gently)
struct ExampleTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("the quickstart ends with the answer still there, and prints what the README shows")
    func quickstart() async throws {
        let directory = try TemporaryDirectory()
        let process = try RunningProcess(
            "/bin/bash", [Self.root.appendingPathComponent("Examples/quickstart/run.sh").path],
            environment: Pilotlight.environment(adding: ["PILOTLIGHT_BINARY": Pilotlight.binary]),
            log: directory.path("quickstart"))
        #expect(try await process.exit(within: .seconds(120)) == .exited(0), "\(process.errors)")
        #expect(process.output.hasSuffix("Done. Nothing of this is left running.\n"))

        let readme = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        let shown = try #require(readme.components(separatedBy: "$ ./scripts/quickstart\n").dropFirst().first)
        let lines = shown.components(separatedBy: "\n\n$ ./scripts/test")[0].split(separator: "\n").map(String.init)
        #expect(lines.count > 15)
        for line in lines where !Self.differsEachTime(line) {
            #expect(process.output.contains(line + "\n"), "README shows what isn't printed: \(line)")
        }
    }

    /// Left out, process ids and times.
    private static func differsEachTime(_ line: String) -> Bool {
        line == "…" || line.hasPrefix("$ kill") || line.contains(" ms)")
    }
}
