import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// What apply does with files.
@Suite("Apply", .gently)
struct ApplyTests {
    @Test("--dry-run shows the difference and changes nothing; applying twice is one change")
    func dryRun() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        let file = try cluster.directory.write("f.json", Fixture.flags("a", "b"))
        let dry = try await control.run("apply", file, "--dry-run")
        #expect(dry.code == 0 && dry.output.contains("+ flag a") && dry.output.contains("+ flag b"), "\(dry)")
        #expect(try control.environmentState().number == 0)
        let real = try await control.run("apply", file)
        #expect(real.code == 0 && real.output.contains("revision 1"), "\(real)")
        let again = try await control.run("apply", file)
        #expect(again.code == 0 && again.output.contains("nothing to change"), "\(again)")
        #expect(try control.environmentState().number == 1)
        // The same meaning in other words is no change either.
        let yaml = try cluster.directory.write(
            "f.yaml",
            "flags:\n  b:\n    defaultVariant: \"off\"\n    variants: {\"off\": false, \"on\": true}\n    state: ENABLED\n"
        )
        let reworded = try await control.run("apply", yaml)
        #expect(reworded.code == 0 && reworded.output.contains("nothing to change"), "\(reworded)")
    }

    @Test("what a file doesn't mention stays as commands left it; what it gives replaces that part whole")
    func parts() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(
            """
            {"flags": {"a": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
              "description": "goes", "metadata": {"owner": "x"}}},
             "pilots": {"staff": {"members": ["ann", "bob"]}, "friends": {"members": ["zoe"]}}}
            """)
        #expect(try await control.run("pilot", "add", "friends", "yan").code == 0)
        #expect(try await control.run("flag", "default", "a", "on").code == 0)
        try control.apply(#"{"pilots": {"staff": {"members": ["bob", "cid"]}}}"#)
        let staff = try control.ask("GET", "/v1/environments/production/pilots/staff")
        #expect(staff["members"] == ["bob", "cid"])
        let friends = try control.ask("GET", "/v1/environments/production/pilots/friends")
        #expect(friends["members"] == ["yan", "zoe"])
        #expect(try control.ask("GET", "/v1/environments/production/flags/a")["defaultVariant"] == "on")
        try control.apply(Fixture.flags("a"))
        let flag = try control.ask("GET", "/v1/environments/production/flags/a")
        #expect(flag["defaultVariant"] == "off")
        #expect(flag["description"] == .null && flag["metadata"] == .null, "\(flag.compactText())")
    }

    @Test("--prune deletes only what the same --set created and no file names now, lists it, and needs --yes")
    func prune() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("by-hand"))
        let both = try cluster.directory.write("both.json", Fixture.flags("keep", "drop"))
        let one = try cluster.directory.write("one.json", Fixture.flags("keep"))
        let other = try cluster.directory.write("other.json", Fixture.flags("other"))
        #expect(try await control.run("apply", both, "--set", "shop").code == 0)
        #expect(try await control.run("apply", other, "--set", "search").code == 0)
        let without = try await control.run("apply", one, "--prune")
        #expect(without.code == 64, "--prune needs --set: \(without)")
        let asked = try await control.run("apply", one, "--set", "shop", "--prune")
        #expect(asked.code == 1 && asked.output.contains("flag drop") && asked.errors.contains("--yes"), "\(asked)")
        #expect(!asked.output.contains("other") && !asked.output.contains("by-hand"), "\(asked)")
        #expect(try control.environmentState().entries == 4)
        let done = try await control.run("apply", one, "--set", "shop", "--prune", "--yes")
        #expect(done.code == 0 && done.output.contains("flag drop"), "\(done)")
        let flags = try control.ask("GET", "/v1/environments/production/flags")["flags"]?.arrayValue ?? []
        #expect(flags.compactMap { $0["key"]?.stringValue } == ["by-hand", "keep", "other"])
    }

    @Test("--lenient turns unknown operators, references and variant names in targeting into warnings, nothing else")
    func lenient() async throws {
        let cluster = try await Cluster(agents: 1)
        let control = cluster.control
        func document(_ rule: String, defaultVariant: String = "off") -> String {
            """
            {"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false},
             "defaultVariant": "\(defaultVariant)", "targeting": \(rule)}}}
            """
        }
        let rules: [(rule: String, word: String, error: String)] = [
            (#"{"if": [{"==": [{"var": "x"}, 1]}, {"frobnicate": [1]}, "off"]}"#, "frobnicate", "PARSE_ERROR"),
            (#"{"if": [{"==": [{"var": "x"}, 1]}, {"$ref": "nowhere"}, "off"]}"#, "nowhere", "PARSE_ERROR"),
            (#"{"if": [{"==": [{"var": "x"}, 1]}, "sideways", "off"]}"#, "sideways", "GENERAL"),
        ]
        for (rule, word, error) in rules {
            let file = try cluster.directory.write("lenient.json", document(rule))
            let strict = try await control.run("apply", file)
            #expect(strict.code == 1 && strict.errors.contains(word), "\(strict)")
            let lenient = try await control.run("apply", file, "--lenient")
            #expect(
                lenient.code == 0 && lenient.output.contains("warning") && lenient.output.contains(word), "\(lenient)")
            let fleet = try await cluster.converged()
            #expect(fleet.agents[0].quarantined.isEmpty)
            let connection = try cluster.agents[0].connect()
            #expect(try connection.lookup("f", context: #"{"x": 2}"#).value == .bool(false), "the sound branch")
            #expect(try connection.lookup("f", context: #"{"x": 1}"#).error?.name == error, "\(word) when reached")
        }
        let file = try cluster.directory.write("lenient.json", document("null", defaultVariant: "onn"))
        let refused = try await control.run("apply", file, "--lenient")
        #expect(refused.code == 1 && refused.errors.contains("onn"), "\(refused)")
    }
}
