import ArgumentParser
import Foundation
import JSON
import Testing

@testable import pilotlight

@Suite struct ArgumentTests {
    @Test(arguments: [
        ("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("1h", 3_600_000), ("1d", 86_400_000), ("3", 3_000),
        ("0.5s", 500),
    ])
    func timeSpans(_ text: String, _ milliseconds: Int) {
        #expect(TimeSpan(argument: text)?.duration == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "s", "-1s", "1y", "infs", "nan"])
    func whatIsNoTimeSpan(_ text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test func momentsAreRFC3339OrFromNow() throws {
        #expect(Instant(argument: "2026-12-01T09:00:00Z")?.unixSeconds == 1_796_115_600)
        #expect(Instant(argument: "2026-12-01T09:00:00+01:00")?.text == "2026-12-01T08:00:00Z")
        #expect(Instant(argument: "2026-12-01T09:00:00.750Z")?.text == "2026-12-01T09:00:00Z")
        let ahead = try #require(Instant(argument: "+2h")).unixSeconds - TimeText.now
        #expect((7_199...7_202).contains(ahead))
        for wrong in [
            "", "2h", "+", "tomorrow", "2026-12-01", "2026-12-01T09:00:00", "2026-13-01T09:00:00Z",
            // Days and hours that no calendar has aren't moved to the next that it has.
            "2027-02-30T00:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01T09:00:00+25:00", "+1000000000d",
        ] {
            #expect(Instant(argument: wrong) == nil, "\(wrong)")
        }
    }

    @Test func revisionsOrMoments() {
        #expect(RevisionOrTime(argument: "41")?.json == 41)
        #expect(RevisionOrTime(argument: "2/41")?.json == "2/41")
        #expect(RevisionOrTime(argument: "2026-12-01T09:00:00.125Z")?.json == "2026-12-01T09:00:00.125Z")
        for wrong in ["", "-1", "+2h", "2/", "/41", "a/b", "1/2/3", "yesterday"] {
            #expect(RevisionOrTime(argument: wrong) == nil, "\(wrong)")
        }
    }

    @Test func whatAReleaseGives() {
        let variant = ReleasedVariant(argument: "a=b=c")
        #expect(variant?.name == "a=b" && variant?.variant == "c")
        for wrong in ["", "a", "=b", "a="] { #expect(ReleasedVariant(argument: wrong) == nil, "\(wrong)") }
    }

    @Test func anAgentWaitsForHealthWithinBounds() throws {
        let words = ["agent", "--control", "127.0.0.1", "--data", "d"]
        let plain = try #require(try PilotlightCommand.parseAsRoot(words) as? AgentCommand)
        #expect(plain.healthTimeout.duration == .seconds(2))
        let patient = try #require(
            try PilotlightCommand.parseAsRoot(words + ["--health-timeout", "1m"]) as? AgentCommand)
        #expect(patient.healthTimeout.duration == .seconds(60))
        for wrong in ["0", "9ms", "61s", "soon"] {
            let error = #expect(throws: (any Error).self) {
                try PilotlightCommand.parseAsRoot(words + ["--health-timeout", wrong])
            }
            let text = PilotlightCommand.message(for: try #require(error))
            #expect(text.contains("'\(wrong)'") && text.contains("--health-timeout"), "\(text)")
        }
    }

    @Test func aServicesHealthIsAskedAtAnAddress() throws {
        let words = ["agent", "--control", "127.0.0.1", "--data", "d", "--health"]
        let url = "http+unix://%2Frun%2Fshop.sock/healthz"
        let agent = try #require(try PilotlightCommand.parseAsRoot(words + [url]) as? AgentCommand)
        #expect(agent.health != nil)
        let error = #expect(throws: (any Error).self) {
            try PilotlightCommand.parseAsRoot(words + ["ftp://127.0.0.1/healthz"])
        }
        let text = PilotlightCommand.message(for: try #require(error))
        #expect(
            text == "The value 'ftp://127.0.0.1/healthz' is invalid for '--health <health>': ftp can't be asked; "
                + "give http, https or http+unix")
    }

    @Test func anEarlierAnswerIsAskedOfControl() throws {
        func explain(_ words: String...) throws -> ExplainCommand {
            try #require(try PilotlightCommand.parseAsRoot(["explain", "f"] + words) as? ExplainCommand)
        }
        #expect(try explain().question(["a": 1]) == ["context": ["a": 1]])
        #expect(
            try explain("--at", "41", "--time", "2026-12-01T09:00:00Z", "--service", "s", "--service-version", "1")
                .question([:]) == [
                    "context": [:], "at": 41, "time": 1_796_115_600, "service": "s", "serviceVersion": "1",
                ])
        for words in [
            ["--at", "41", "--socket", "s"], ["--service", "s", "--socket", "s"], ["--service-version", "1"],
        ] {
            #expect(throws: (any Error).self) { try PilotlightCommand.parseAsRoot(["explain", "f"] + words) }
        }
    }

    @Test func documentsAreSentAsWhatTheyAre() {
        func type(_ name: String, _ text: String) -> String { InputDocument(name: name, text: text).mediaType }
        #expect(type("plan.json", "name: a") == "application/json")
        #expect(type("plan.YAML", "{}") == "application/yaml")
        #expect(type("plan.yml", "") == "application/yaml")
        #expect(type("standard input", " \n{\"name\": \"a\"}") == "application/json")
        #expect(type("standard input", "name: a") == "application/yaml")
    }

    @Test func contextValuesAreJSONOrElseStrings() {
        #expect(ContextArgument(argument: "n=42")?.members == ["n": 42])
        #expect(ContextArgument(argument: "s=\"42\"")?.members == ["s": "42"])
        #expect(ContextArgument(argument: "s=gold")?.members == ["s": "gold"])
        #expect(ContextArgument(argument: "s=007")?.members == ["s": "007"])
        #expect(ContextArgument(argument: "s=")?.members == ["s": ""])
        #expect(ContextArgument(argument: "e=a=b")?.members == ["e": "a=b"])
        #expect(ContextArgument(argument: "=x") == nil)
        #expect(ContextArgument(argument: "x") == nil)
        #expect(ContextArgument(argument: "{x=1") == nil)
        #expect(ContextArgument(argument: #"{"plan": "gold", "age": 42}"#)?.members == ["plan": "gold", "age": 42])
    }

    @Test func aContextIsPutTogether() throws {
        let words = ["lookup", "f", "--context", #"{"a": 1, "b": 2}"#, "--context", "b=3", "--targeting-key", "ann"]
        let command = try #require(try PilotlightCommand.parseAsRoot(words) as? LookupCommand)
        #expect(
            command.context.members(targetingKey: command.targetingKey) == ["a": 1, "b": 3, "targetingKey": "ann"])
    }

    @Test func keysGoInBoundedRequests() {
        let short = (0..<12_001).map(String.init)
        func chunks(_ keys: [String]) -> [[String]] {
            KeyFile.chunks(of: keys, largest: MemberChange.largestChunk, largestBytes: MemberChange.largestChunkBytes)
        }
        #expect(chunks(short).map(\.count) == [5_000, 5_000, 2_001])
        #expect(chunks(short).flatMap { $0 } == short)
        let long = String(repeating: "x", count: 300 << 10)
        #expect(chunks([long, long, "y"]).map(\.count) == [1, 2])
    }

    @Test func pathsAreEncoded() {
        #expect(PathSegment.encoded("a/b c%ü") == "a%2Fb%20c%25%C3%BC")
    }

    @Test func textThatIsNotUTF8IsPlaced() throws {
        let refusal = #expect(throws: CommandRefusal.self) {
            try InputFile.text([0x61, 0xC3, 0xBC, 0xFF], name: "flags.json")
        }
        #expect(refusal?.reason.contains("byte 0xff at byte offset 3") == true)
    }

    @Test func aFileOverSixteenMegabytesIsRefused() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(repeating: 0x20, count: InputFile.largest).write(to: URL(fileURLWithPath: path))
        #expect(try InputFile.read(path).utf8.count == InputFile.largest)
        try Data(repeating: 0x20, count: InputFile.largest + 1).write(to: URL(fileURLWithPath: path))
        let refusal = #expect(throws: CommandRefusal.self) { try InputFile.read(path) }
        #expect(refusal?.reason.contains("larger than 16 MB") == true)
    }

    @Test func problemsArePlacedAsEditorsReadThem() {
        let problem = ProblemDetails(
            [
                "title": "Not valid", "detail": "1 problem",
                "problems": [["document": "f.json", "line": 3, "column": 9, "message": "no", "hint": "yes"]],
            ], status: 422)
        #expect(problem.description == "pilotlight: 1 problem (HTTP 422)\nf.json:3:9: no\n  hint: yes")
    }

    @Test func othersTextInARefusalSteersNoTerminal() {
        let problem = ProblemDetails(
            [
                "title": "Frozen", "detail": "in the freeze \"be\u{1B}[31mrlin\"", "hint": "a\u{7}b",
                "problems": [["document": "f\u{1B}", "line": 3, "message": "c\u{9B}d", "hint": "e\rf"]],
            ], status: 409)
        #expect(
            problem.description == #"""
                pilotlight: in the freeze "be\u{1B}[31mrlin" (HTTP 409)
                f\u{1B}:3: c\u{9B}d
                  hint: e\rf
                  hint: a\u{7}b
                """#)
    }
}
