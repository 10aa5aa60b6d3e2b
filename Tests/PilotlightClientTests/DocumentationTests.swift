import Foundation
import Harness
import PilotlightClient
import Testing

/// The samples in the documents are code that is compiled, and does what they say.
@Suite struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let documents = [
        "Sources/PilotlightClient/PilotlightClient.docc/PilotlightClient.md",
        "Sources/PilotlightClient/PilotlightClient.docc/LookingUpFlags.md",
        "docs/swift-client.md",
        "Examples/swift-client/README.md",
    ]
    private static let sources = [
        "Tests/PilotlightClientTests/DocumentedSamples.swift", "Examples/swift-client/Sources/Shop.swift",
    ]

    /// Lines without their indentation; empty ones left out.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test(arguments: documents) func everySampleIsCompiled(_ document: String) throws {
        let sources = try Self.sources.map { Self.lines(try Self.text($0)) }
        let blocks = try Self.text(document).components(separatedBy: "```swift\n").dropFirst()
        #expect(!blocks.isEmpty, "\(document) has no samples")
        for block in blocks {
            let sample = Self.lines(block.components(separatedBy: "```")[0])
            let isCompiled = sources.contains { source in
                source.indices.contains { source[$0...].starts(with: sample) }
            }
            #expect(isCompiled, "\(document): not in \(Self.sources):\n\(sample.joined(separator: "\n"))")
        }
    }

    @Test func samplesDoWhatTheySay() async throws {
        let cluster = try await Cluster(agents: 1)
        func document(pageSize: Int) -> String {
            """
            {"flags": {
              "new-checkout": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"},
              "page-size": {"state": "ENABLED", "variants": {"n": \(pageSize)}, "defaultVariant": "n"},
              "layout": {"state": "ENABLED", "variants": {"wide": {"columns": 3}}, "defaultVariant": "wide"}
            }, "components": {
              "checkout": {"versions": {"1.0": {"upstream": "blue"}, "1.1": {"upstream": "green"}}, "defaultVersion": "1.1"}
            }}
            """
        }
        try cluster.control.apply(document(pageSize: 50))
        try await cluster.converged()
        let socket = cluster.agents[0].socket
        // The sample has the default deadline, which a busy machine may miss.
        try await eventually("the first sample is answered") { _ in await DocumentedSamples.first(socket: socket) }
        #expect(await DocumentedSamples.deadlines(socket: socket) == false)

        let flags = FlagClient(FlagClientConfiguration(socketPath: socket, lookupDeadline: .seconds(20)))
        #expect(await DocumentedSamples.types(flags) == [true, "Hello", 50, 0.0, 3])
        #expect(await DocumentedSamples.versions(flags) == ["1.1", "1.1", "green"])
        let lines = Recorder<String>()
        await DocumentedSamples.details(flags) { lines.note($0) }
        #expect(lines.all == ["new-checkout: true, STATIC, at 1"])

        let sizes = Recorder<Int>()
        let following = Task { await DocumentedSamples.follow(flags) { sizes.note($0) } }
        try await eventually("the first size") { _ in sizes.all.last == 50 }
        try cluster.control.apply(document(pageSize: 80))
        try await eventually("the second size") { _ in sizes.all.last == 80 }
        await flags.shutdown()
        await following.value
    }
}
