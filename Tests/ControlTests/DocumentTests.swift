import Flags
import Harness
import JSON
import Replication
import Testing

@testable import Control

/// Documents that must be refused, each with its reason and place, nothing changed and no number used.
@Suite struct InvalidDocumentTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var text: [UInt8]
        /// Words of the reason.
        var says: String
        /// `line:column`; empty where the document as a whole is meant.
        var place: String
        var pointer: String

        init(_ name: String, _ text: String, says: String, at place: String = "", pointer: String = "") {
            self.init(name, bytes: Array(text.utf8), says: says, at: place, pointer: pointer)
        }

        init(_ name: String, bytes: [UInt8], says: String, at place: String = "", pointer: String = "") {
            self.name = name
            text = bytes
            self.says = says
            self.place = place
            self.pointer = pointer
        }

        var testDescription: String { name }
    }

    static func flag(_ members: String) -> String { "{\"flags\": {\"f\": {\(members)}}}" }

    static let cases: [Case] = [
        Case(
            "unknown variant as default",
            flag("\"state\": \"ENABLED\", \"variants\": {\"on\": true, \"off\": false}, \"defaultVariant\": \"onn\""),
            says: "onn", pointer: "/flags/f/defaultVariant"),
        Case(
            "mixed types",
            flag("\"state\": \"ENABLED\", \"variants\": {\"a\": true, \"b\": 1}, \"defaultVariant\": \"a\""),
            says: "", pointer: "/flags/f/variants"),
        Case(
            "unknown operator",
            flag(
                "\"state\": \"ENABLED\", \"variants\": {\"a\": true}, \"defaultVariant\": \"a\", "
                    + "\"targeting\": {\"iff\": [true, \"a\"]}"), says: "iff", pointer: "/flags/f/targeting"),
        Case(
            "unknown pilot group",
            flag(
                "\"state\": \"ENABLED\", \"variants\": {\"a\": true}, \"defaultVariant\": \"a\", "
                    + "\"targeting\": {\"if\": [{\"in_pilot\": \"staff\"}, \"a\", null]}"), says: "staff",
            pointer: "/flags/f/targeting"),
        Case(
            "unknown variant in targeting",
            flag(
                "\"state\": \"ENABLED\", \"variants\": {\"a\": true}, \"defaultVariant\": \"a\", "
                    + "\"targeting\": {\"if\": [true, \"b\"]}"), says: "b", pointer: "/flags/f/targeting"),
        Case(
            "unknown state", flag("\"state\": \"on\", \"variants\": {\"a\": true}, \"defaultVariant\": \"a\""),
            says: "",
            pointer: "/flags/f/state"),
        Case(
            "no variants", flag("\"state\": \"ENABLED\", \"variants\": {}, \"defaultVariant\": \"a\""), says: "variant",
            pointer: "/flags/f"),
        Case(
            "unknown member of a flag",
            flag("\"state\": \"ENABLED\", \"variants\": {\"a\": true}, \"defaultVariant\": \"a\", \"kill\": true"),
            says: "kill", pointer: "/flags/f"),
        Case("unknown member of the document", "{\"flags\": {}, \"flagz\": {}}", says: "flagz", at: "1:24"),
        Case("flags as a list", "{\"flags\": []}", says: "", at: "1:11", pointer: "/flags"),
        Case("not an object", "[1]", says: ""),
        Case("nothing in it", "{}", says: ""),
        Case("empty", "", says: ""),
        Case("duplicate key", "{\"flags\": {\"a\": 1,\n \"a\": 2}}", says: "a", at: "2:2"),
        Case("not JSON", "{\"flags\": }", says: "", at: "1:11"),
        Case("a trailing comma", "{\"flags\": {},}", says: "", at: "1:13"),
        Case("text after the end", "{\"flags\": {}} x", says: "", at: "1:15"),
        Case("a number beyond doubles", flag("\"variants\": {\"a\": 1e400}"), says: ""),
        Case("an integer beyond 64 bits", flag("\"variants\": {\"a\": 9223372036854775808}"), says: ""),
        Case("depth 10,000", String(repeating: "[", count: 10_000), says: "deep"),
        Case(
            "invalid UTF-8", bytes: Array("{\"flags\": {\"".utf8) + [0xC3, 0x28] + Array("\": 1}}".utf8), says: "UTF-8"),
        Case("over 16 MiB", bytes: [UInt8](repeating: 0x20, count: (16 << 20) + 1), says: "16"),
        Case(
            "a member twice", "{\"pilots\": {\"p\": {\"members\": [\"x\", \"x\"]}}}", says: "x",
            pointer: "/pilots/p/members/1"),
        Case(
            "a member that is no string", "{\"pilots\": {\"p\": {\"members\": [7]}}}", says: "",
            pointer: "/pilots/p/members/0"),
        Case(
            "a pilot group's bad name", "{\"pilots\": {\"Staff 1\": {\"members\": []}}}", says: "",
            pointer: "/pilots/Staff 1"),
    ]

    @Test(arguments: cases)
    func isRefused(_ document: Case) async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        try await fixture.apply(Sample.document(Sample.flag("kept")))
        let before = try fixture.production.committed
        let documents = ReadDocuments(
            [SourceDocument(name: "bad.json", bytes: document.text)], lenient: false, knownPilots: { _ in false })
        let refused = try #require(await refusal { try await fixture.submit(.apply(ApplyRequest(documents))) })
        #expect(refused.kind == .invalid)
        let problem = try #require(
            refused.problems.first { $0.message.contains(document.says) && $0.pointer.hasPrefix(document.pointer) },
            "problems: \(refused.problems)")
        #expect(problem.document == "bad.json")
        if !document.place.isEmpty {
            #expect(problem.position.map { "\($0.line):\($0.column)" } == document.place)
        }
        #expect(try fixture.production.committed.revision == before.revision)
        #expect(try fixture.production.committed.digest == before.digest)
        await fixture.stop()
    }

    @Test func everyProblemIsListed() async throws {
        let text = """
            {"flags": {
              "a": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "x"},
              "b": {"state": "MAYBE", "variants": {"on": true}, "defaultVariant": "on"},
              "c": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "targeting": {"nope": []}}
            }}
            """
        let documents = ReadDocuments(
            [SourceDocument(name: "bad.json", bytes: Array(text.utf8))], lenient: false, knownPilots: { _ in false })
        #expect(documents.problems.count == 3)
        #expect(documents.problems.compactMap { $0.position?.line } == [2, 3, 4])
    }

    @Test func lenientWarnsOfTargetingAlone() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        let outcome = try await fixture.apply(
            Sample.document(Sample.flag("a", targeting: "{\"nope\": [{\"in_pilot\": \"nobody\"}]}")), lenient: true)
        #expect(outcome.published)
        #expect(!outcome.warnings.isEmpty)
        let refused = await refusal {
            try await fixture.apply(Sample.document(Sample.flag("a", default: "nope")), lenient: true)
        }
        #expect(refused?.kind == .invalid)
        await fixture.stop()
    }

    @Test func oneFlagInTwoDocumentsIsAProblemNamingBoth() {
        let text = Array(Sample.document(Sample.flag("a")).utf8)
        let documents = ReadDocuments(
            [SourceDocument(name: "one.json", bytes: text), SourceDocument(name: "two.json", bytes: text)],
            lenient: false, knownPilots: { _ in false })
        let problem = documents.problems.first
        #expect(problem?.message == "flag \"a\" is defined in one.json as well as in two.json")
        #expect(problem?.document == "two.json")
        #expect(problem?.position != nil)
    }
}

@Suite struct YAMLTests {
    private func read(_ text: String) -> YAMLDocument { YAMLDocument(Array(text.utf8)) }

    @Test func scalarsFollowTheCoreSchema() {
        let text = """
            plain: on
            more: [yes, No, off, y, ~, null, "", true, TRUE, 'true', "1"]
            numbers: [1, -2, +3, 0x1F, 0o17, 1.5, 1e3, .5, "0x1F", 1_000, 12:30, 2026-01-02, 010]
            """
        let value = read(text).value
        #expect(value?["plain"] == .string("on"))
        #expect(
            value?["more"]
                == .array([
                    .string("yes"), .string("No"), .string("off"), .string("y"), .null, .null, .string(""), .bool(true),
                    .bool(true), .string("true"), .string("1"),
                ]))
        #expect(
            value?["numbers"]
                == .array([
                    .integer(1), .integer(-2), .integer(3), .integer(31), .integer(15), .double(1.5), .double(1_000),
                    .double(0.5), .string("0x1F"), .string("1_000"), .string("12:30"), .string("2026-01-02"),
                    .integer(10),
                ]))
    }

    @Test func aFlagReadsTheSameInBothLanguages() throws {
        let yaml = """
            # releases
            flags:
              checkout:
                state: ENABLED
                variants: {on: true, off: false}
                defaultVariant: off
                targeting:
                  if:
                    - in_pilot: staff
                    - on
            pilots:
              staff: {members: [ann]}
            """
        let json = Sample.document(
            Sample.flag("checkout", targeting: "{\"if\": [{\"in_pilot\": \"staff\"}, \"on\"]}"),
            pilots: "\"staff\": {\"members\": [\"ann\"]}")
        let documents = [("a.yaml", yaml), ("a.json", json)].map { name, text in
            ReadDocuments(
                [SourceDocument(name: name, bytes: Array(text.utf8))], lenient: false, knownPilots: { _ in false })
        }
        #expect(documents[0].problems == [])
        #expect(documents[1].problems == [])
        #expect(documents[0].flags.map(\.storedBytes) == documents[1].flags.map(\.storedBytes))
        #expect(documents[0].pilots.map(\.definition.members) == [["ann"]])
    }

    @Test func problemsHavePlaces() {
        let text = """
            flags:
              a:
                state: ENABLED
                variants: {on: true}
                defaultVariant: onn
            """
        let documents = ReadDocuments(
            [SourceDocument(name: "a.yaml", bytes: Array(text.utf8))], lenient: false, knownPilots: { _ in false })
        #expect(documents.problems.map(\.pointer) == ["/flags/a/defaultVariant"])
        #expect(documents.problems.first?.position == JSONPosition(line: 5, column: 21))
    }

    @Test(arguments: [
        ("a: 1\na: 2", "duplicate key"), ("a: [1", "not YAML"), ("a: .inf", "JSON"), ("a: 1e400", "range"),
        ("a: 9223372036854775808", "64 bits"), ("a: 1\n---\nb: 2", "document"), ("<<: {a: 1}", "merge"),
        ("a: !!binary aGk=\n? [1]\n: 2", "key"), ("a: !mine 1", "tag"), ("", "empty"), ("a: *nowhere", "alias"),
        (String(repeating: "[", count: 400) + String(repeating: "]", count: 400), "deeper"),
        (String(repeating: "[", count: 10_000), "YAML"),
    ])
    func isRefused(_ text: String, _ words: String) {
        let document = read(text)
        #expect(document.value == nil)
        #expect(document.problems.contains { $0.reason.contains(words) }, "\(document.problems)")
    }

    @Test func aliasesAreReadWithinBounds() {
        #expect(read("a: &x {k: 1}\nb: *x").value?["b"]?["k"] == .integer(1))
        var bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...9 {
            let refs = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(refs)]\n"
        }
        let document = read(bomb)
        #expect(document.value == nil)
        #expect(document.problems.count == 1)
        #expect(document.problems.first?.reason.contains("aliases expand") == true)
    }

    @Test func invalidUTF8IsPlaced() {
        let document = YAMLDocument(Array("a: 1\nb: ".utf8) + [0xFF])
        #expect(document.problems.first?.position == JSONPosition(line: 2, column: 4))
        #expect(document.problems.first?.reason.contains("byte 8") == true)
    }
}
