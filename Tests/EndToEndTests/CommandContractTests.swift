import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// The commands are a contract.
@Suite("Commands", .gently)
struct CommandContractTests {
    @Test("every command and option of the contract exists, and nearly every option is an environment variable too")
    func contractHolds() async throws {
        for (words, options) in CommandContract.options {
            let help = try await Pilotlight.run(words.split(separator: " ").map(String.init) + ["--help"])
            #expect(help.code == 0, "\(words): \(help)")
            for option in options.split(separator: " ") {
                let variable =
                    "PILOTLIGHT_" + option.dropFirst(2).uppercased().replacingOccurrences(of: "-", with: "_")
                #expect(help.output.contains(option), "\(words) has no \(option)")
                #expect(
                    help.output.contains("\(variable) ") != CommandContract.isOfTheMoment(String(option), words),
                    "\(words): \(variable)")
            }
        }
    }

    @Test("exit code 64 and a reason for usage errors")
    func usage() async throws {
        for words in [
            ["frobnicate"], ["apply"], ["flag", "default", "only-a-key"], ["fleet", "--timeout", "soon"],
            ["control"], ["agent", "--data", "/tmp/x"], ["environment", "create", "x", "--bucketing", "v9"],
            ["lookup", "k", "--context", "no-equals-sign"], ["fleet", "--no-such-option"], ["lookup"],
            ["lookup", "k", "--component", "c"], ["component", "create", "--version", "1"],
            ["component", "create", "c"],
            ["component", "split", "c"], ["component", "split", "c", "1.0"], ["component", "pilot", "c", "=1.0"],
            ["component", "ramp", "c", "--version", "1.1"], ["component", "who", "c", "--column", "id"],
            ["release", "create", "r", "--template", "gradual"], ["release", "create", "f.yaml", "--flag", "a=b"],
            ["release", "create", "r", "--template", "sudden", "--flag", "a=b"], ["release", "list", "--state", "odd"],
            ["release", "list", "--from", "2026-12-01T00:00:00Z"], ["release", "notes", "r", "--audience", "all"],
            ["release", "start", "r", "--now", "--opens", "+2h"], ["release", "start", "r", "--opens", "soon"],
            ["freeze", "set", "f", "--from", "fri 16:00"], ["deployment", "record", "c"],
            ["deployment", "verify", "c", "1", "--passed", "--failed", "no"], ["explain", "f", "--at", "then"],
            ["control", "--data", "d", "--webhook", "http://127.0.0.1/"],
        ] {
            let result = try await Pilotlight.run(words)
            #expect(result.code == 64 && !result.errors.isEmpty, "\(words): \(result)")
        }
    }

    @Test("exit code 1 with reason and hint when control can't be reached, and when a flag is unknown")
    func failures() async throws {
        let port = try FreePort.next()
        let unreachable = try await Pilotlight.run(["flag", "list", "--control-url", "http://127.0.0.1:\(port)"])
        #expect(unreachable.code == 1 && unreachable.errors.contains("\(port)"), "\(unreachable)")
        #expect(unreachable.errors.contains("hint"), "\(unreachable)")
        let cluster = try await Cluster(agents: 0)
        try cluster.control.apply(Fixture.flags("checkout"))
        let typo = try await cluster.control.run("flag", "default", "chekout", "on")
        #expect(typo.code == 1 && typo.errors.contains("checkout") && typo.errors.contains("hint"), "\(typo)")
        let variant = try await cluster.control.run("flag", "default", "checkout", "onn")
        #expect(variant.code == 1 && variant.errors.contains("onn"), "\(variant)")
        let socket = try await Pilotlight.run(["lookup", "k", "--socket", cluster.directory.path("none.sock")])
        #expect(socket.code == 1 && socket.errors.contains("none.sock"), "\(socket)")
        let file = try await cluster.control.run("apply", cluster.directory.path("none.json"))
        #expect(file.code == 1 && file.errors.contains("none.json"), "\(file)")
    }

    @Test("--json prints JSON wherever something is printed; the words change what they say")
    func everyCommand() async throws {
        let cluster = try await Cluster(agents: 1)
        let control = cluster.control
        let file = try cluster.directory.write("f.json", Fixture.flags("f"))
        func json(_ words: String...) async throws -> JSONValue {
            let result = try await Pilotlight.run(words + ["--json", "--control-url", control.url])
            #expect(result.code == 0, "\(words): \(result)")
            #expect(result.json.objectValue != nil, "\(words): \(result)")
            return result.json
        }
        #expect(try await json("apply", file, "--message", "first")["revision"]?["number"] == 1)
        #expect(try await json("flag", "list")["flags"]?.arrayValue?.count == 1)
        #expect(try await json("flag", "default", "f", "on")["revision"]?["number"] == 2)
        #expect(try await json("flag", "show", "f")["defaultVariant"] == "on")
        #expect(try await json("flag", "disable", "f")["revision"]?["number"] == 3)
        #expect(try await json("flag", "show", "f")["state"] == "DISABLED")
        #expect(try await json("flag", "enable", "f")["published"] == true)
        #expect(try await json("flag", "enable", "f")["published"] == false)
        _ = try await json("pilot", "create", "staff")
        #expect(try await json("pilot", "add", "staff", "ann", "bob")["revision"]?["number"] == 6)
        #expect(try await json("pilot", "show", "staff")["count"] == 2)
        #expect(try await json("pilot", "remove", "staff", "ann")["changed"] == 1)
        #expect(try await json("pilot", "list")["pilots"]?.arrayValue?.count == 1)
        _ = try await json("pilot", "delete", "staff", "--yes")
        #expect(try await json("flag", "delete", "f", "--yes")["revision"]?["number"] == 9)
        #expect(try await json("component", "create", "shop", "--version", "1.0")["revision"]?["number"] == 10)
        _ = try await json("component", "add-version", "shop", "1.1", "--upstream", "green")
        #expect(try await json("component", "default", "shop", "1.1", "--unchecked")["published"] == true)
        _ = try await json("component", "default", "shop", "1.0", "--unchecked")
        _ = try await json("component", "split", "shop", "1.1=10", "--unchecked")
        #expect(try await json("component", "split", "shop", "1.1=10")["published"] == false)
        _ = try await json("component", "ramp", "shop", "--version", "1.1", "--percent", "5", "--unchecked")
        #expect(try await json("component", "kill", "shop")["revision"]?["number"] == 16)
        #expect(try await json("component", "show", "shop")["killed"]?["variant"] == "1.0")
        _ = try await json("component", "unkill", "shop")
        _ = try await json("component", "retire-version", "shop", "1.1")
        #expect(try await json("component", "who", "shop")["versions"]?["1.1"]?["state"] == "RETIRED")
        #expect(try await json("component", "list")["components"]?.arrayValue?.count == 1)
        #expect(try await json("component", "delete", "shop", "--yes")["revision"]?["number"] == 19)
        #expect(try await json("environment", "create", "staging", "--bucketing", "v3")["bucketing"] == "v3")
        #expect(try await json("environment", "list")["environments"]?.arrayValue?.count == 2)
        try await cluster.converged()
        #expect(try await json("fleet")["agents"]?.arrayValue?.count == 1)
        #expect(try await json("fleet", "--wait")["agents"]?.arrayValue?.count == 1)
        let refused = try await Pilotlight.run(["flag", "show", "f", "--json", "--control-url", control.url])
        #expect(refused.code == 1 && !refused.errors.isEmpty, "\(refused)")
    }

    @Test("--json of deployments, releases and freeze windows is the operator API's answer")
    func everyReleaseCommand() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("f"))
        func json(_ words: String...) async throws -> JSONValue {
            let result = try await Pilotlight.run(words + ["--json", "--control-url", control.url])
            #expect(result.code == 0 && result.json.objectValue != nil, "\(words): \(result)")
            return result.json
        }
        #expect(try await json("deployment", "record", "shop", "1.1")["state"] == "recorded")
        #expect(try await json("deployment", "verify", "shop", "1.1", "--passed")["state"] == "verified")
        #expect(try await json("deployment", "list")["deployments"]?.arrayValue?.count == 1)
        #expect(try await json("deployment", "retire", "shop", "1.1")["retired"]?.arrayValue?.count == 1)
        #expect(try await json("freeze", "set", "w", "--from", "2020-01-01", "--until", "2020-01-02")["name"] == "w")
        #expect(try await json("freeze", "list")["freezes"]?.arrayValue?.count == 1)
        #expect(try await json("freeze", "remove", "w")["removed"] == "w")
        let file = try cluster.directory.write(
            "r.json",
            #"{"name": "r", "changes": [{"flag": "f", "variant": "on"}], "stages": [{"percentage": 1}, {"percentage": 2}]}"#
        )
        #expect(try await json("release", "create", file)["state"] == "draft")
        #expect(try await json("release", "start", "r")["stage"]?["index"] == 1)
        #expect(try await json("release", "advance", "r")["stage"]?["index"] == 2)
        #expect(try await json("release", "hold", "r")["state"] == "held")
        #expect(try await json("release", "resume", "r")["state"] == "running")
        #expect(try await json("status")["flags"]?.arrayValue?.first?["state"] == "releasing")
        #expect(try await json("release", "launch", "r")["state"] == "launched")
        #expect(try await json("flag", "list", "--stale")["flags"]?.arrayValue?.count == 1)
        #expect(try await json("release", "rollback", "r")["state"] == "rolled-back")
        try control.apply(#"{"flags": {}, "pilots": {"staff": {"members": []}, "pilot-customers": {"members": []}}}"#)
        let made = try await json("release", "create", "s", "--template", "gradual", "--flag", "f=on")
        #expect(made["plan"]?["stages"]?.arrayValue?.count == 6, "\(made)")
        #expect(try await json("release", "cancel", "s")["state"] == "cancelled")
        #expect(try await json("release", "delete", "s", "--yes")["deleted"] == "s")
        #expect(try await json("release", "show", "r")["gate"]?["verdict"] == "green")
        #expect(try await json("release", "list")["releases"]?.arrayValue?.count == 1)
        #expect(try await json("release", "list", "--calendar")["entries"]?.arrayValue?.isEmpty == true)
        #expect(try await json("release", "notes", "r")["audience"] == "users")
        let revision = try control.environmentState().number
        #expect(
            try await json("explain", "f", "--at", "\(revision)")["at"]?["revision"]?["number"]
                == .integer(Int64(revision)))
    }

    @Test("options come from environment variables; the command line wins")
    func variables() async throws {
        let cluster = try await Cluster(agents: 0)
        try cluster.control.ask("POST", "/v1/environments", ["name": "staging"])
        try cluster.control.apply(Fixture.flags("here"), environment: "staging")
        let variables = ["PILOTLIGHT_ENVIRONMENT": "staging", "PILOTLIGHT_JSON": "true"]
        let list = try await cluster.control.run("flag", "list", environment: variables)
        #expect(list.json["flags"]?.arrayValue?.count == 1, "\(list)")
        let other = try await cluster.control.run(
            "flag", "list", "--environment", "production", environment: variables)
        #expect(other.json["flags"]?.arrayValue?.isEmpty == true, "\(other)")
        let wrong = try await cluster.control.run("flag", "list", environment: ["PILOTLIGHT_JSON": "perhaps"])
        #expect(wrong.code == 64 && wrong.errors.contains("PILOTLIGHT_JSON"), "\(wrong)")

        // The long-running commands take theirs from variables as well.
        let directory = cluster.directory
        let agent = try Pilotlight.start(
            ["agent"], log: directory.path("by-variables"),
            environment: [
                "PILOTLIGHT_CONTROL": "127.0.0.1", "PILOTLIGHT_PUBLISH_PORT": "\(cluster.control.publishPort)",
                "PILOTLIGHT_SYNC_PORT": "\(cluster.control.syncPort)", "PILOTLIGHT_ENVIRONMENT": "staging",
                "PILOTLIGHT_DATA": directory.path("by-variables"), "PILOTLIGHT_SOCKET": directory.path("v.sock"),
                "PILOTLIGHT_NAME": "by-variables", "PILOTLIGHT_SERVICE": "shop", "PILOTLIGHT_SERVICE_VERSION": "1.2",
            ])
        let entry = try await awaited("the agent is in the fleet") { sighting in
            sighting.note(agent.errors)
            return try cluster.control.fleet("staging").agent("by-variables")
        }
        #expect(entry.json["service"] == "shop" && entry.json["version"] == "1.2")
    }

    @Test("binding beyond loopback in plain text needs --insecure and is said in the log")
    func insecure() async throws {
        let directory = try TemporaryDirectory()
        let ports = ["--api-port", "0", "--publish-port", "0", "--sync-port", "0"]
        let refused = try await Pilotlight.run(
            ["control", "--data", directory.path("a"), "--host", "0.0.0.0"] + ports)
        #expect(refused.code == 1 && refused.errors.contains("--insecure"), "\(refused)")
        let process = try Pilotlight.start(
            ["control", "--data", directory.path("b"), "--host", "0.0.0.0", "--insecure"] + ports,
            log: directory.path("log"))
        try await eventually("it is said in the log") { _ in process.errors.contains("plain text") }
        try await eventually("it serves") { _ in
            FileManager.default.fileExists(atPath: directory.path("b/ports.json"))
        }
        process.signal(SIGTERM)
        #expect(try await process.exit() == .exited(0))
    }

    @Test("dev runs control and agent in one process")
    func dev() async throws {
        let directory = try TemporaryDirectory()
        let help = try await Pilotlight.run(["dev", "--help"])
        // Ports of its own where the command has options for them, so that tests can run beside a laptop's own.
        var words = ["dev", "--data", directory.path("dev"), "--socket", directory.path("dev.sock")]
        var api = 7460
        if help.output.contains("--api-port") {
            api = try FreePort.next()
            words += ["--api-port", "\(api)"]
        }
        for option in ["--publish-port", "--sync-port"] where help.output.contains(option) {
            words += [option, "\(try FreePort.next())"]
        }
        let process = try Pilotlight.start(words, log: directory.path("log"))
        try await eventually("dev is ready") { sighting in
            sighting.note(process.errors)
            return try HTTPConnection.request(.unix(directory.path("dev.sock")), "GET", "/readyz").status == 200
        }
        let file = try directory.write("f.json", Fixture.flags("f", variant: "on"))
        let applied = try await Pilotlight.run(["apply", file, "--control-url", "http://127.0.0.1:\(api)"])
        #expect(applied.code == 0, "\(applied)")
        let wait = try await Pilotlight.run(["fleet", "--wait", "--control-url", "http://127.0.0.1:\(api)"])
        #expect(wait.code == 0, "\(wait)")
        let lookup = try await Pilotlight.run(["lookup", "f", "--socket", directory.path("dev.sock")])
        #expect(lookup.code == 0 && lookup.output.contains("true"), "\(lookup)")
        process.signal(SIGTERM)
        #expect(try await process.exit() == .exited(0))
    }
}
