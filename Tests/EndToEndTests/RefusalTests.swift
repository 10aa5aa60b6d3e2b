import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// A document that must be refused, and what the refusal must say.
struct BadDocument: Sendable, CustomTestStringConvertible {
    var name: String
    var file: String = "bad.json"
    var bytes: [UInt8]
    /// Where it says the problem is.
    var place: String
    /// Part of the reason, in lower case.
    var reason: String

    init(_ name: String, file: String = "bad.json", _ text: String, place: String, reason: String) {
        self.init(name, file: file, bytes: Array(text.utf8), place: place, reason: reason)
    }

    init(_ name: String, file: String = "bad.json", bytes: [UInt8], place: String, reason: String) {
        self.name = name
        self.file = file
        self.bytes = bytes
        self.place = place
        self.reason = reason
    }

    var testDescription: String { name }

    /// One flag `f` on the document's second line, with these members.
    private static func flag(_ members: String) -> String { "{\"flags\": {\n  \"f\": {\(members)}\n}}" }

    private static let sound = "\"state\": \"ENABLED\", \"variants\": {\"on\": true, \"off\": false}"

    private static func targeting(_ rule: String) -> String {
        flag("\(sound), \"defaultVariant\": \"off\",\n    \"targeting\": \(rule)")
    }

    static let all: [BadDocument] = [
        BadDocument("empty file", "", place: "bad.json:1:1", reason: "empty"),
        BadDocument("broken JSON", "{\"flags\": {\n  \"f\": {]}}", place: "bad.json:2:9", reason: ""),
        BadDocument("cut off", "{\"flags\": {\n  \"f\": {\"state\": ", place: "bad.json:2:", reason: "end"),
        BadDocument("text after the end", "{\"flags\": {}}\n{}", place: "bad.json:2:1", reason: ""),
        BadDocument("not an object", "[1, 2]", place: "bad.json:1:1", reason: "object"),
        BadDocument("flags is a list of numbers", "{\"flags\":\n [1]}", place: "bad.json:2:", reason: ""),
        BadDocument(
            "unknown variant as default", flag("\(sound),\n    \"defaultVariant\": \"onn\""), place: "bad.json:3:",
            reason: "onn"),
        BadDocument(
            "mixed types",
            flag("\"state\": \"ENABLED\", \"variants\":\n  {\"on\": true, \"off\": \"no\"}, \"defaultVariant\": \"on\""),
            place: "bad.json:3:", reason: "type"),
        BadDocument(
            "no variants", flag("\"state\": \"ENABLED\", \"variants\": {}, \"defaultVariant\": \"on\""),
            place: "bad.json:2:", reason: "variant"),
        BadDocument(
            "variants missing", flag("\"state\": \"ENABLED\", \"defaultVariant\": \"on\""), place: "bad.json:2:",
            reason: "variants"),
        BadDocument(
            "unknown state", flag("\"state\": \"enabled\",\n \"variants\": {\"on\": true}, \"defaultVariant\": \"on\""),
            place: "bad.json:2:", reason: "enabled"),
        BadDocument(
            "state missing", flag("\"variants\": {\"on\": true}, \"defaultVariant\": \"on\""), place: "bad.json:2:",
            reason: "state"),
        BadDocument(
            "unknown member", flag("\(sound), \"defaultVariant\": \"on\",\n \"killed\": true"), place: "bad.json:3:",
            reason: "killed"),
        BadDocument(
            "unknown operator", targeting("{\"if\": [{\"equals\": [1, 1]}, \"on\", \"off\"]}"), place: "bad.json:3:",
            reason: "equals"),
        BadDocument(
            "unknown pilot group", targeting("{\"if\": [{\"in_pilot\": \"staf\"}, \"on\", \"off\"]}"),
            place: "bad.json:3:", reason: "staf"),
        BadDocument(
            "unknown variant in targeting", targeting("{\"if\": [{\"var\": \"x\"}, \"onn\", \"off\"]}"),
            place: "bad.json:3:", reason: "onn"),
        BadDocument(
            "unknown reference", targeting("{\"if\": [{\"$ref\": \"rule\"}, \"on\", \"off\"]}"), place: "bad.json:3:",
            reason: "rule"),
        BadDocument(
            "in_pilot without a name", targeting("{\"if\": [{\"in_pilot\": 7}, \"on\", \"off\"]}"),
            place: "bad.json:3:", reason: "in_pilot"),
        BadDocument(
            "duplicate flag key", "{\"flags\": {\n \"f\": {\(sound), \"defaultVariant\": \"on\"},\n \"f\": {\(sound), "
                + "\"defaultVariant\": \"off\"}}}", place: "bad.json:3:2", reason: "\"f\""),
        BadDocument(
            "duplicate member", flag("\(sound), \"state\": \"DISABLED\", \"defaultVariant\": \"on\""),
            place: "bad.json:2:", reason: "state"),
        BadDocument(
            "empty flag key", "{\"flags\": {\n \"\": {\(sound), \"defaultVariant\": \"on\"}}}", place: "bad.json:2:",
            reason: "empty"),
        BadDocument(
            "number beyond 64 bits",
            flag("\"state\": \"ENABLED\", \"variants\": {\"a\":\n 123456789012345678901234567890}, \"defaultVariant\": \"a\""),
            place: "bad.json:3:2", reason: ""),
        BadDocument(
            "number beyond a double", flag("\"state\": \"ENABLED\", \"variants\": {\"a\":\n 1e400}, \"defaultVariant\": \"a\""),
            place: "bad.json:3:2", reason: ""),
        BadDocument(
            "null as a variant", flag("\"state\": \"ENABLED\", \"variants\": {\"a\":\n null}, \"defaultVariant\": \"a\""),
            place: "bad.json:3:", reason: "null"),
        BadDocument(
            "metadata of the wrong type", flag("\(sound), \"defaultVariant\": \"on\",\n \"metadata\": {\"a\": []}"),
            place: "bad.json:3:", reason: "metadata"),
        BadDocument(
            "members that aren't strings", "{\"pilots\": {\"staff\": {\"members\":\n [\"ann\", 7]}}}",
            place: "bad.json:2:", reason: "member"),
        BadDocument("unknown part", "{\"flags\": {},\n \"rollout\": {}}", place: "bad.json:2:", reason: "rollout"),
        BadDocument(
            "a defect in YAML", file: "bad.yaml",
            "flags:\n  f:\n    state: ENABLED\n    variants: {on: true, off: false}\n    defaultVariant: onn\n",
            place: "bad.yaml:5:", reason: "onn"),
        BadDocument(
            "broken YAML", file: "bad.yaml", "flags:\n  f: [1\n  g: 2\n", place: "bad.yaml:", reason: ""),
        BadDocument(
            "duplicate key in YAML", file: "bad.yaml", "flags:\n  f: {}\n  f: {}\n", place: "bad.yaml:3:",
            reason: "f"),
        BadDocument(
            "invalid UTF-8",
            bytes: Array("{\"flags\": {\n \"".utf8) + [0xC3, 0x28] + Array("\": {}}}".utf8), place: "13",
            reason: "utf-8"),
        BadDocument(
            "depth 10,000",
            "{\"flags\": " + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}",
            place: "bad.json:1:", reason: "deep"),
        BadDocument(
            "one byte over 16 MB", bytes: Array("{}".utf8) + [UInt8](repeating: 0x20, count: (16 << 20) - 1),
            place: "bad.json", reason: "16"),
    ]
}

/// Control validates first and refuses with every problem listed.
@Suite("Refusals", .gently)
struct RefusalTests {
    @Test("kinds of invalid documents: each refused with its reason and place, nothing changed, the number not moved")
    func invalidDocuments() async throws {
        #expect(BadDocument.all.count >= 20)
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("f", variant: "on"))
        let before = try control.environmentState()
        for bad in BadDocument.all {
            let name = Comment(rawValue: bad.name)
            let path = try cluster.directory.write(bad.file, bad.bytes)
            let result = try await control.run("apply", path)
            let text = result.errors.lowercased()
            #expect(result.code == 1, "\(bad.name): \(result)")
            #expect(text.contains(bad.place), "\(bad.name): no \(bad.place) in \(result)")
            #expect(text.contains(bad.reason), "\(bad.name): no \(bad.reason) in \(result)")
            // A client of the API that isn't our command is refused as well.
            let posted = try HTTPConnection.request(
                .tcp(control.apiPort), "POST", "/v1/environments/production/apply",
                headers: ["Content-Type": bad.file.hasSuffix("yaml") ? "application/yaml" : "application/json"],
                body: bad.bytes)
            #expect(posted.status == 422 || posted.status == 413, "\(bad.name): \(posted.status) \(posted.text)")
            #expect(posted.headers["content-type"] == "application/problem+json", name)
            let problems = posted.json["problems"]?.arrayValue ?? []
            #expect(!problems.isEmpty, "\(bad.name): \(posted.text.prefix(500))")
        }
        let after = try control.environmentState()
        #expect(after.number == before.number && after.digest == before.digest && after.entries == before.entries)
        #expect(try await control.run("flag", "show", "f").code == 0)
    }

    @Test("every problem of every file is listed, and nothing of any file is applied")
    func everyProblem() async throws {
        let cluster = try await Cluster(agents: 0)
        let good = try cluster.directory.write("good.json", Fixture.flags("good"))
        let first = try cluster.directory.write(
            "first.json",
            """
            {"flags": {
              "a": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "off"},
              "b": {"state": "MAYBE", "variants": {"on": true}, "defaultVariant": "on",
                    "targeting": {"if": [{"in_pilot": "nobody"}, "on", "sideways"]}}
            }}
            """)
        let second = try cluster.directory.write("second.yaml", "flags:\n  c:\n    state: ENABLED\n")
        let result = try await cluster.control.run("apply", good, first, second)
        #expect(result.code == 1, "\(result)")
        for words in ["first.json:2:", "first.json:3:", "first.json:4:", "nobody", "sideways", "MAYBE", "second.yaml:"] {
            #expect(result.errors.contains(words), "no \(words) in \(result)")
        }
        #expect(try cluster.control.environmentState().number == 0)
        let twice = try await cluster.control.run(
            "apply", good, try cluster.directory.write("again.json", Fixture.flags("good")))
        #expect(twice.code == 1 && twice.errors.contains("again.json"), "one flag in two files: \(twice)")
    }

    @Test("an unknown pilot group is refused, not made; adding one member is one small delta")
    func pilots() async throws {
        let cluster = try await Cluster(agents: 1)
        let control = cluster.control
        let unknown = try await control.run("pilot", "add", "staff", "ann")
        #expect(unknown.code == 1 && unknown.errors.contains("staff") && unknown.errors.contains("create"), "\(unknown)")
        #expect(try control.environmentState().number == 0)
        #expect(try await control.run("pilot", "list").output.contains("staff") == false)

        #expect(try await control.run("pilot", "create", "staff").code == 0)
        let members = (0..<20_000).map { JSONValue.string("user-\($0)") }
        try control.ask(
            "POST", "/v1/environments/production/pilots/staff/members", .object(["add": .array(members)]))
        try control.apply(
            """
            {"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
             "targeting": {"if": [{"in_pilot": "staff"}, "on", "off"]}}}}
            """)
        try await cluster.converged()
        let store = control.data + "/control.sqlite-wal"
        let size = { (try? FileManager.default.attributesOfItem(atPath: store)[.size] as? Int) ?? 0 }
        let before = size()
        let added = try await control.run("pilot", "add", "staff", "ann")
        #expect(added.code == 0 && added.output.contains("revision 4"), "\(added)")
        #expect(size() - before < 100_000, "20,000 members are not written again: \(size() - before) bytes")
        try await cluster.converged()
        let connection = try cluster.agents[0].connect()
        #expect(try connection.lookup("f", targetingKey: "ann").value == .bool(true))
        #expect(try connection.lookup("f", targetingKey: "user-19999").value == .bool(true))
        #expect(try connection.lookup("f", targetingKey: "zoe").value == .bool(false))
        #expect(try await control.run("pilot", "remove", "staff", "ann").code == 0)
        try await cluster.converged()
        #expect(try connection.lookup("f", targetingKey: "ann").value == .bool(false))
        let used = try await control.run("pilot", "delete", "staff")
        #expect(used.code == 1 && used.errors.contains("f"), "a group in use: \(used)")
        #expect(try await control.run("flag", "delete", "f").code == 0)
        #expect(try await control.run("pilot", "delete", "staff").code == 0)
        let final = try control.environmentState()
        #expect(final.entries == 0)
        try await cluster.converged()
    }
}
