import Foundation
import Harness
import JSON
import Testing

/// The running operator API against the description that it serves, by a stranger: schemathesis, from PyPI.
@Suite("The described API", .gently)
struct DescribedAPITests {
    /// Thousands of requests, fitting and unfitting, drawn from the description: what comes back must be in it.
    @Test("no 5xx and no undocumented answer", arguments: [false, true])
    func schemathesis(onKnownNames: Bool) async throws {
        let cluster = try await Cluster(agents: 1)
        _ = try await cluster.control.run("apply", Fixture.path("operators.flagd.json"))
        _ = try await cluster.control.run("environment", "create", "staging")
        var options = ["--max-examples", "12"]
        var text = try String(contentsOfFile: Fixture.path("schemathesis.toml"), encoding: .utf8)
        if onKnownNames {
            // Names that are there lead further than drawn ones, which mostly end in 404.
            let flag = try #require(try Fixture.json("operators.flagd.json")["flags"]?.objectValue?.keys.first)
            text += """

                [parameters]
                "path.environment" = "production"
                "path.flag" = "\(flag)"
                "path.pilot" = "known"
                "path.component" = "known"
                "path.version" = "1.0"
                "query.with" = "staging"
                """
            _ = try await cluster.control.run("pilot", "create", "known")
            let made = try cluster.control.request(
                "POST", "/v1/environments/production/components", ["name": "known", "version": "1.0"])
            #expect(made.status == 201)
            options += ["--phases", "fuzzing"]
        }
        let configuration = cluster.directory.path("schemathesis.toml")
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
        // A watch never ends: it has tests of its own.
        let process = try RunningProcess(
            "/usr/bin/env",
            [
                // It leaves files where it runs.
                "--chdir", cluster.directory.path, try PythonClient.tool("schemathesis"), "--config-file",
                configuration, "run", cluster.control.url + "/v1/openapi.json", "--checks", "all",
                "--exclude-operation-id", "watch", "--no-color", "--warnings", "off",
            ] + options, environment: Pilotlight.environment(), log: cluster.directory.path("schemathesis"))
        let status = try await process.exit(within: .seconds(900))
        #expect(status == .exited(0), "\(process.output.suffix(6_000))\(process.errors.suffix(2_000))")
        #expect(process.output.contains(/Tested: [67]\d/), "nothing was tested: \(process.output)")
        #expect(cluster.control.process?.isRunning == true)
    }

    /// Every path and method that the description names is there, and none besides.
    @Test func theDescriptionNamesEveryRoute() async throws {
        let cluster = try await Cluster(agents: 0)
        let document = try cluster.control.ask("GET", "/v1/openapi.json")
        let paths = try #require(document["paths"]?.objectValue)
        #expect(paths.count > 20)
        for (path, item) in paths.map({ ($0.key, $0.value) }) {
            let url = path.replacing("{environment}", with: "production").replacing(/\{[a-z]+\}/, with: "0")
            for method in ["get", "post", "patch", "delete", "put", "options", "head", "trace"] {
                // Where a method is described, anything but "there is no such method" or path is an answer to it.
                guard path != "/v1/environments/{environment}/watch" || method != "get" else { continue }
                let answer = try cluster.control.request(method.uppercased(), url)
                if item[method] == nil {
                    #expect(answer.status == 405, "\(method) \(url)")
                } else {
                    #expect(answer.status != 405 && !answer.text.contains("leads nowhere"), "\(method) \(url)")
                }
            }
        }
    }
}
