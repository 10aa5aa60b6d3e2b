import Foundation
import Harness
import JSON
import TargetingCases
import Testing

/// Random flags and contexts against PyPI's openfeature-flagd-core; `scripts/differential` does the same at length.
@Suite struct DifferentialTests {
    /// `PILOTLIGHT_PYTHON`, or what scripts/test has made.
    private static let interpreter: String? = {
        if let given = ProcessInfo.processInfo.environment["PILOTLIGHT_PYTHON"] { return given }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let made = package + "/.build/python/bin/python3"
        return FileManager.default.fileExists(atPath: made) ? made : nil
    }()

    @Test(arguments: [1, 2] as [UInt64]) func flagdsPythonEngineAgrees(seed: UInt64) async throws {
        guard let interpreter = Self.interpreter else {
            throw HarnessError("no Python with openfeature-flagd-core: run scripts/test, or set PILOTLIGHT_PYTHON")
        }
        var cases = RandomTargeting(seed: seed)
        let lines = try (0..<1_000).map { _ in try ComparedCase.line(&cases) }
        let directory = try TemporaryDirectory()
        let file = try directory.write("cases.jsonl", lines.joined(separator: "\n") + "\n")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/compare_with_flagd.py").path
        let process = try RunningProcess(
            "/bin/sh", ["-c", "exec \"$0\" \"$1\" <\"$2\"", interpreter, script, file],
            environment: ProcessInfo.processInfo.environment, log: directory.path("python"))
        #expect(try await process.exit() == .exited(0), "\(process.errors)")
        let answer = try #require(JSONReader.read(process.output).value, "\(process.output)")
        print("seed \(seed): \(answer.compactText().prefix(400))")
        #expect(answer["cases"] == 1_000)
        #expect(answer["differing"] == 0, "\(answer["first"]?.prettyText() ?? "")")
    }
}
