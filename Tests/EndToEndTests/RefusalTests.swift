import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

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
        for words in ["first.json:2:", "first.json:3:", "first.json:4:", "nobody", "sideways", "MAYBE", "second.yaml:"]
        {
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
        #expect(
            unknown.code == 1 && unknown.errors.contains("staff") && unknown.errors.contains("create"), "\(unknown)")
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
        let used = try await control.run("pilot", "delete", "staff", "--yes")
        #expect(used.code == 1 && used.errors.contains("f"), "a group in use: \(used)")
        #expect(try await control.run("flag", "delete", "f", "--yes").code == 0)
        #expect(try await control.run("pilot", "delete", "staff", "--yes").code == 0)
        let final = try control.environmentState()
        #expect(final.entries == 0)
        try await cluster.converged()
    }
}
