import Foundation
import LookupProtocol
import Testing

/// The worked example of docs/lookup-protocol.md against the real coder.
@Suite struct DocumentedExampleTests {
    @Test func everyByteOfTheExampleIsTrue() throws {
        let documented = try documentedBytes()
        #expect(documented["client preamble"] == Preamble.client())
        #expect(documented["server preamble"] == Preamble.server(environment: "production"))

        let request = ClientFrame.lookup(
            LookupRequest(
                id: 7, key: "new-checkout", expected: .bool, subject: LookupSubject(targetingKey: "ann")))
        #expect(documented["lookup"] == bytes { request.write(to: &$0) })

        let answer = ServerFrame.answer(
            id: 7,
            FlagAnswer(
                stamp: StateStamp(
                    epochCounter: 1, epochID: 0x5B3C_9A10_42D7_E86F, number: 42, isReady: true, isStale: false,
                    stalenessMilliseconds: 250),
                reason: .targetingMatch, value: .bool(true), variant: "on"))
        #expect(documented["answer"] == bytes { answer.write(to: &$0) })
    }

    /// The example is a fenced block marked `hex`: a line `# name` begins a part; in other lines everything up to two
    /// spaces is bytes, and the rest explains them.
    private func documentedBytes() throws -> [String: [UInt8]] {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/lookup-protocol.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        var parts: [String: [UInt8]] = [:]
        var name = ""
        var inside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                inside = line == "```hex"
            } else if inside, line.hasPrefix("# ") {
                name = String(line.dropFirst(2))
            } else if inside {
                let digits = String(line).components(separatedBy: "  ").first ?? ""
                for pair in digits.split(separator: " ") {
                    parts[name, default: []].append(try #require(UInt8(pair, radix: 16), "\(pair) in: \(line)"))
                }
            }
        }
        return parts
    }

    private func bytes(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        write(&bytes)
        return bytes
    }
}
