import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// `history`, `rollback`, `export`, `environment diff` and `environment promote`, with a real control node.
@Suite("History commands", .gently)
struct ChangeHistoryTests {
    @Test("history tells who changed what, when and why; a mistyped key is corrected")
    func history() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        let file = try cluster.directory.write("f.json", Fixture.flags("checkout", "other"))
        #expect(try await control.run("apply", file, "--message", "first", "--actor", "ann").code == 0)
        let on = try await control.run(
            "flag", "default", "checkout", "on", "--message", "go\u{1B}[31m", "--actor", "bob")
        #expect(on.code == 0, "\(on)")
        #expect(try await control.run("pilot", "create", "g").code == 0)

        let all = try await control.run("history").output.split(separator: "\n")
        #expect(all.count == 4 && all[0].hasPrefix("3\t") && all[0].hasSuffix("+ pilot g  no members"), "\(all)")
        #expect(all[1].hasSuffix("\tbob\tgo\\u{1B}[31m\t~ flag checkout  defaultVariant: off → on"), "\(all)")
        #expect(all[2].hasSuffix("\tann\tfirst\t+ flag checkout, + flag other"), "\(all)")
        #expect(all[3].hasPrefix("0\t") && all[3].hasSuffix("environment created"), "\(all)")
        let two = try await control.run("history", "--limit", "2", "--json")
        #expect(two.json["history"]?.arrayValue?.count == 2 && two.json["next"] != .null, "\(two)")
        let ofOne = try await control.run("history", "checkout")
        #expect(ofOne.output.split(separator: "\n").count == 2, "\(ofOne)")
        let typo = try await control.run("history", "chekout")
        #expect(typo.code == 1 && typo.errors.contains("did you mean \"checkout\"?"), "\(typo)")
        let ofPilot = try await control.run("history", "checkout", "--kind", "pilot")
        #expect(ofPilot.code == 1, "\(ofPilot)")

        let show = try await control.run("history", "show", "2")
        #expect(show.code == 0 && show.output.contains("revision 2 (epoch 1)\n"), "\(show)")
        #expect(show.output.contains("actor    bob\nmessage  go\\u{1B}[31m\n"), "\(show)")
        #expect(
            show.output.contains("\n  −   \"defaultVariant\": \"off\",\n  +   \"defaultVariant\": \"on\",\n"), "\(show)"
        )
        let json = try await control.run("history", "show", "2", "--json")
        #expect(json.json["diff"]?.arrayValue?.first?["after"]?["defaultVariant"] == "on", "\(json)")
        let absent = try await control.run("history", "show", "99")
        #expect(absent.code == 1 && absent.errors.contains("99"), "\(absent)")
    }

    @Test("a flag's history has the steps of the releases that change it, and of no others")
    func releases() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("cart", "other"))
        try control.apply(#"{"flags": {}, "pilots": {"cart": {"members": []}}}"#)
        func run(_ words: String...) async throws {
            let result = try await Pilotlight.run(words + ["--control-url", control.url])
            #expect(result.code == 0, "\(words): \(result)")
        }
        func create(_ name: String, _ flag: String) async throws {
            let plan = """
                name: \(name)
                changes: [{flag: \(flag), variant: "on"}]
                stages: [{percentage: 1}, {percentage: 10}, {name: everyone, percentage: 100}]
                """
            try await run("release", "create", try cluster.directory.write("\(name).yaml", plan))
        }
        try await create("autumn", "cart")
        try await create("winter", "other")
        try await run("release", "start", "autumn", "--message", "started")
        try await run("release", "start", "winter", "--message", "not of the cart")
        try await run("release", "advance", "autumn", "--message", "advanced")
        try await run("flag", "kill", "cart", "--message", "killed")
        try await run("flag", "unkill", "cart", "--message", "unkilled")
        try await run("release", "resume", "autumn")
        try await run("release", "launch", "autumn", "--message", "launched")
        try await run("release", "rollback", "autumn", "--message", "taken back")
        try await run("release", "rollback", "winter")
        // Its record is gone, what it did isn't.
        try await run("release", "delete", "autumn", "--yes")

        func reasons(_ words: String...) async throws -> [String] {
            let result = try await Pilotlight.run(["history"] + words + ["--json", "--control-url", control.url])
            return (result.json["history"]?.arrayValue ?? []).compactMap { $0["message"]?.stringValue }
        }
        let all = ["taken back", "launched", "unkilled", "killed", "advanced", "started"]
        #expect(try await Array(reasons("cart").prefix(6)) == all)
        #expect(try await reasons("cart").count == 8, "with its own beginning, and that of a group of its name")
        let lines = try await control.run("history", "cart").output.split(separator: "\n")
        #expect(lines[4].contains("\tadvanced\t~ release autumn  stage: 10 %"), "\(lines)")
        #expect(lines[5].contains("\tstarted\t+ release autumn  stage: 1 %; cart=on"), "\(lines)")
        #expect(try await Array(reasons("cart", "--limit", "2")) == ["taken back", "launched"])
        #expect(try await reasons("cart", "--kind", "flag").prefix(2) == ["taken back", "launched"])
        #expect(try await reasons("cart", "--kind", "pilot").count == 1)
        #expect(try await !reasons("other").contains("started"))
        #expect(try await reasons("other").contains("not of the cart"))
    }

    @Test("a long history is read page by page")
    func pages() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("a"))
        let connection = HTTPConnection(.tcp(control.apiPort))
        for number in 0..<1_100 {
            let variant = number.isMultiple(of: 2) ? "on" : "off"
            let body: JSONValue = ["defaultVariant": .string(variant)]
            let answer = try connection.request(
                "PATCH", "/v1/environments/production/flags/a", body: Array(body.compactText().utf8))
            #expect(answer.status == 200)
        }
        let all = try await control.run("history", "--limit", "5000", "--json").json
        let numbers = (all["history"]?.arrayValue ?? []).compactMap { $0["revision"]?["number"]?.integerValue }
        #expect(numbers == Array((0...1_101).reversed()))
        #expect(all["next"] == .null)
    }

    @Test("rollback publishes what flags were, and leaves members alone unless it is told otherwise")
    func rollback() async throws {
        let cluster = try await Cluster(agents: 1)
        let control = cluster.control
        try control.apply(Fixture.flags("a", variant: "on"))
        try control.apply(#"{"pilots": {"g": {"members": ["ann"]}}}"#)
        #expect(try await control.run("flag", "default", "a", "off").code == 0)
        #expect(try await control.run("pilot", "add", "g", "bob").code == 0)
        let dry = try await control.run("rollback", "2", "--dry-run")
        #expect(dry.code == 0 && dry.output.contains("~ flag a  defaultVariant: off → on"), "\(dry)")
        #expect(dry.output.contains("dry run, nothing is published"), "\(dry)")
        #expect(try control.environmentState().number == 4)
        let done = try await control.run("rollback", "2", "--message", "back")
        #expect(
            done.code == 0 && done.output == "~ flag a  defaultVariant: off → on\nrevision 5 (epoch 1)\n", "\(done)")
        #expect(try await control.run("pilot", "show", "g").output == "ann\nbob\n")
        try await cluster.converged()
        #expect(try cluster.agents[0].connect().lookup("a").value == .bool(true))
        let pilots = try await control.run("rollback", "2", "--pilots")
        #expect(pilots.code == 0 && pilots.output.contains("~ pilot g"), "\(pilots)")
        #expect(try await control.run("pilot", "show", "g").output == "ann\n")
        let none = try await control.run("rollback", "77")
        #expect(none.code == 1 && none.errors.contains("77"), "\(none)")
    }

    @Test("export, delete everything, apply: the digest is the same; so it is in another environment")
    func export() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(try Fixture.text("operators.flagd.json"))
        try control.apply(#"{"pilots": {"g": {"members": ["ann", "bob"]}, "empty": {"members": []}}}"#)
        let digest = try control.environmentState().json["digest"]
        let file = cluster.directory.path("all.json")
        let exported = try await control.run("export", "--output", file)
        #expect(exported.code == 0 && exported.output.hasPrefix("\(file): "), "\(exported)")
        #expect(exported.output.hasSuffix(", 3 pilot groups\n"), "\(exported)")
        let piped = try await control.run("export")
        #expect(piped.output == (try String(contentsOfFile: file, encoding: .utf8)))

        let list = try await control.run("flag", "list", "--json").json
        for flag in list["flags"]?.arrayValue ?? [] {
            let deleted = try await control.run("flag", "delete", flag["key"]?.stringValue ?? "", "--yes")
            #expect(deleted.code == 0, "\(deleted)")
        }
        for line in try await control.run("pilot", "list").output.split(separator: "\n") {
            let group = String(line.prefix { $0 != "\t" })
            #expect(try await control.run("pilot", "delete", group, "--yes").code == 0)
        }
        #expect(try control.environmentState().entries == 0)
        let applied = try await control.run("apply", file)
        #expect(applied.code == 0, "\(applied)")
        #expect(try control.environmentState().json["digest"] == digest)

        #expect(try await control.run("environment", "create", "copy").code == 0)
        let copied = try await Pilotlight.run(
            ["apply", "-", "--environment", "copy", "--control-url", control.url], input: file)
        #expect(copied.code == 0, "\(copied)")
        #expect(try control.environmentState("copy").json["digest"] == digest)
        let difference = try await control.run("environment", "diff", "production", "copy")
        #expect(difference.code == 0 && difference.output.hasPrefix("no difference: "), "\(difference)")
        let unwritable = try await control.run("export", "--output", cluster.directory.path("none/all.json"))
        #expect(unwritable.code == 1 && unwritable.errors.contains("none/all.json"), "\(unwritable)")
    }

    @Test("promote moves the flags and the group it is told to, and nothing else")
    func promote() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        #expect(try await control.run("environment", "create", "staging").code == 0)
        try control.apply(
            #"{"pilots": {"beta": {"members": ["ann"]}, "staff": {"members": ["zoe"]}}, "flags": {}}"#,
            environment: "staging")
        try control.apply(Fixture.flags("a", "b", "c", "d", variant: "on"), environment: "staging")
        try control.apply(Fixture.flags("a", "only-here", variant: "off"))

        let diff = try await control.run("environment", "diff", "production", "staging")
        #expect(diff.output.contains("~ flag a") && diff.output.contains("+ flag d"), "\(diff)")
        #expect(diff.output.contains("− flag only-here") && diff.output.contains("+ pilot staff"), "\(diff)")
        let words = ["environment", "promote", "staging", "production", "a", "b", "c", "pilot:beta"]
        let dry = try await Pilotlight.run(words + ["--dry-run", "--control-url", control.url])
        #expect(dry.code == 0 && dry.output.contains("dry run"), "\(dry)")
        #expect(try control.environmentState().number == 1)
        let done = try await Pilotlight.run(words + ["--message", "tested", "--control-url", control.url])
        #expect(done.code == 0, "\(done)")
        #expect(
            done.output.split(separator: "\n").map { $0.prefix(while: { $0 != "(" }) }.contains("revision 2 "),
            "\(done)")
        for line in ["~ flag a", "+ flag b", "+ flag c", "+ pilot beta"] {
            #expect(done.output.contains(line), "\(done)")
        }
        let exported = try await control.run("export").json
        #expect(exported["flags"]?.objectValue?.keys == ["a", "b", "c", "only-here"])
        #expect(exported["flags"]?["a"]?["defaultVariant"] == "on")
        #expect(exported["flags"]?["only-here"]?["defaultVariant"] == "off")
        #expect(exported["pilots"]?.objectValue?.keys == ["beta"])
        #expect(try control.environmentState("staging").number == 2, "the source is as it was")
        let typo = try await control.run("environment", "promote", "staging", "production", "dd")
        #expect(typo.code == 1 && typo.errors.contains("dd"), "\(typo)")
        let unknown = try await control.run("environment", "promote", "stagin", "production")
        #expect(unknown.code == 1 && unknown.errors.contains("did you mean \"staging\"?"), "\(unknown)")
    }

    @Test("a folder is applied as one change, documents named as given; an empty one is refused")
    func folders() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        let folder = cluster.directory.path("flags")
        for name in ["shop/deep", "none"] {
            try FileManager.default.createDirectory(
                atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        _ = try cluster.directory.write("flags/a.json", Fixture.flags("a"))
        _ = try cluster.directory.write("flags/.b.json", "not a document")
        _ = try cluster.directory.write("flags/README.md", "not a document")
        _ = try cluster.directory.write(
            "flags/shop/deep/c.yml",
            "flags:\n  c:\n    state: ENABLED\n    variants: {\"on\": true}\n    defaultVariant: \"on\"\n")
        let applied = try await control.run("apply", folder)
        #expect(applied.code == 0 && applied.output.hasSuffix("revision 1 (epoch 1)\n"), "\(applied)")
        #expect(applied.output.contains("+ flag a") && applied.output.contains("+ flag c"), "\(applied)")
        _ = try cluster.directory.write("flags/shop/broken.json", "{\"flags\": {\"x\": 1}}")
        let refused = try await control.run("apply", folder + "/")
        #expect(refused.code == 1 && refused.errors.contains("\n\(folder)/shop/broken.json:1:"), "\(refused)")
        let empty = try await control.run("apply", folder + "/none")
        #expect(empty.code == 1 && empty.errors.contains("holds no documents"), "\(empty)")
        let broken = try await Pilotlight.run(
            ["apply", "-", "--control-url", control.url], input: folder + "/shop/broken.json")
        #expect(broken.code == 1 && broken.errors.contains("standard input:1:"), "\(broken)")
    }
}
