import Foundation
import Harness
import JSON
import Testing

/// Shell completion, suggestions, and the manual page as the binary gives them.
@Suite("Completion and suggestions", .gently)
struct CompletionTests {
    @Test("completion scripts are printed, and bash accepts its own", arguments: ["bash", "zsh", "fish"])
    func scripts(_ shell: String) async throws {
        let directory = try TemporaryDirectory()
        let script = try await Pilotlight.run(["--generate-completion-script", shell])
        #expect(script.code == 0 && script.output.contains("environment") && script.output.contains("promote"))
        guard shell == "bash" else { return }
        let file = try directory.write("completion.bash", script.output)
        let check = try RunningProcess(
            "/bin/bash", ["-n", file], environment: Pilotlight.environment(), log: directory.path("check"))
        #expect(try await check.exit() == .exited(0), "\(check.errors)")
        #expect(check.errors.isEmpty)
    }

    @Test("bash completes commands, options, and the names that a control node knows")
    func names() async throws {
        let cluster = try await Cluster(agents: 0)
        try cluster.control.apply(Fixture.flags("new-checkout", "greeting"))
        try cluster.control.apply(
            #"{"components": {"shop": {"versions": {"1.0": {}}, "defaultVersion": "1.0"}}}"#)
        try cluster.control.ask("POST", "/v1/environments", ["name": "staging"])
        let base = "/v1/environments/production"
        try cluster.control.ask(
            "POST", base + "/releases",
            [
                "name": "autumn", "changes": [["flag": "greeting", "variant": "on"]],
                "stages": [["name": "all", "percentage": 100]],
            ])
        try cluster.control.ask("POST", base + "/deployments", ["component": "cart", "version": "1.0"])
        let script = try await Pilotlight.run(["--generate-completion-script", "bash"])
        let file = try cluster.directory.write("completion.bash", script.output)
        func completed(_ words: String...) async throws -> [String] { try await completed(words) }
        func completed(_ words: [String]) async throws -> [String] {
            let list = words.map { "'\($0)'" }.joined(separator: " ")
            let typed = """
                source '\(file)'
                pilotlight() { '\(Pilotlight.binary)' "$@"; }
                COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1); COMP_LINE="${COMP_WORDS[*]}"
                COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMP_KEY=9
                _pilotlight pilotlight "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let name = UUID().uuidString
            let bash = try RunningProcess(
                "/bin/bash", ["-c", typed],
                environment: Pilotlight.environment(adding: [
                    "PILOTLIGHT_CONTROL_URL": cluster.control.url,
                    "PATH": URL(fileURLWithPath: Pilotlight.binary).deletingLastPathComponent().path + ":/usr/bin:/bin",
                ]), log: cluster.directory.path(name))
            #expect(try await bash.exit() == .exited(0), "\(bash.errors)")
            return bash.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
        }
        #expect(try await completed("pilotlight", "fla").contains("flag"))
        #expect(try await completed("pilotlight", "flag", "show", "--envir").contains("--environment"))
        // Names are waited for a moment only, so that nobody's typing is held up: a busy machine may need another try.
        for (words, name) in [
            (["flag", "show", "new"], "new-checkout"), (["component", "show", "sh"], "shop"),
            (["history", "list", "sh"], "shop"), (["release", "show", "au"], "autumn"),
            (["deployment", "list", "ca"], "cart"), (["environment", "diff", "sta"], "staging"),
        ] {
            try await eventually("\(name) is offered") { sighting in
                let offered = try await completed(["pilotlight"] + words)
                sighting.note(offered)
                return offered.contains(name)
            }
        }
        // Without a control node nothing is offered, and nothing said.
        cluster.control.kill()
        #expect(try await completed("pilotlight", "flag", "show", "new") == [])
    }

    @Test("a mistyped command, option or key is answered with the nearest name")
    func suggestions() async throws {
        let cluster = try await Cluster(agents: 1)
        try cluster.control.apply(Fixture.flags("checkout", "greeting"))
        try await cluster.converged()
        let command = try await Pilotlight.run(["flag", "lst"])
        #expect(command.code == 64 && command.errors.contains("Did you mean 'pilotlight flag list'?"), "\(command)")
        let option = try await Pilotlight.run(["flag", "list", "--enviroment", "x"])
        #expect(option.code == 64 && option.errors.contains("Did you mean '--environment'?"), "\(option)")
        let lookup = try await Pilotlight.run(["lookup", "chekout", "--socket", cluster.agents[0].socket])
        #expect(lookup.code == 1 && lookup.errors.contains("FLAG_NOT_FOUND"), "\(lookup)")
        #expect(lookup.errors.contains("did you mean \"checkout\"?"), "\(lookup)")
        let json = try await Pilotlight.run(["lookup", "chekout", "--json", "--socket", cluster.agents[0].socket])
        #expect(json.code == 1 && json.json["errorCode"] == "FLAG_NOT_FOUND", "\(json)")
    }

    @Test("help shows examples, and the manual page is printed")
    func help() async throws {
        let help = try await Pilotlight.run(["help", "flag", "default"])
        #expect(help.code == 0 && help.output.contains("\nEXAMPLES:\n  # "), "\(help)")
        let manual = try await Pilotlight.run(["manual"])
        #expect(manual.code == 0 && manual.output.hasPrefix(".TH PILOTLIGHT 1"), "\(manual.code)")
        let root = try await Pilotlight.run(["--help"])
        #expect(!root.output.contains("manual page"), "it is for packagers")
    }
}
