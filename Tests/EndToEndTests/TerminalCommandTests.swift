import Foundation
import Harness
import JSON
import Testing

/// What commands do on a terminal, and don't in a pipe.
@Suite("Terminals", .gently)
struct TerminalCommandTests {
    private func terminal(
        _ words: [String], _ cluster: Cluster, _ name: String, _ variables: [String: String] = [:]
    ) throws -> PseudoTerminal {
        try PseudoTerminal(
            words, environment: ["PILOTLIGHT_CONTROL_URL": cluster.control.url].merging(variables) { $1 },
            logs: cluster.directory.path(name))
    }

    @Test("tables and colour on a terminal; neither in a pipe; NO_COLOR, TERM=dumb and --no-color take the colour")
    func dress() async throws {
        let cluster = try await Cluster(agents: 0)
        try cluster.control.apply(Fixture.flags("a", "b"))
        let plain = try await cluster.control.run("flag", "list", environment: ["TERM": "xterm"])
        #expect(plain.output == "a\tENABLED\toff\toff on\t–\t–\t–\nb\tENABLED\toff\toff on\t–\t–\t–\n", "\(plain)")
        let coloured = try terminal(["flag", "list"], cluster, "coloured")
        #expect(try await coloured.process.exit() == .exited(0))
        try await coloured.shows("2 flags in production")
        #expect(coloured.text.contains("\u{1B}[1mFLAG\u{1B}[0m") && coloured.text.contains("\u{1B}[32mENABLED"))
        for (index, (words, variables)) in [
            (["flag", "list", "--no-color"], [:]), (["flag", "list"], ["NO_COLOR": "1"]),
            (["flag", "list"], ["TERM": "dumb"]), (["flag", "list"], ["PILOTLIGHT_NO_COLOR": "true"]),
        ].enumerated() {
            let pale = try terminal(words, cluster, "pale\(index)", variables)
            #expect(try await pale.process.exit() == .exited(0))
            try await pale.shows("2 flags in production")
            #expect(pale.text.contains("FLAG  STATE") && !pale.text.contains("\u{1B}"), "\(words) \(variables)")
        }
        let json = try terminal(["flag", "list", "--json"], cluster, "json")
        #expect(try await json.process.exit() == .exited(0))
        try await json.shows("\"defaultVariant\"")
        #expect(!json.text.contains("\u{1B}"))
    }

    @Test("what destroys asks on a terminal, and is refused without one unless --yes is given")
    func confirmation() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(#"{"pilots": {"g": {"members": ["ann"]}}, "flags": {}}"#)
        try control.apply(Fixture.flags("a"))
        for words in [["flag", "delete", "a"], ["pilot", "delete", "g"]] {
            let refused = try await Pilotlight.run(words + ["--control-url", control.url])
            #expect(refused.code == 1 && refused.errors.contains("hint: add --yes"), "\(refused)")
        }
        let no = try terminal(["flag", "delete", "a"], cluster, "no")
        try await no.shows("Delete flag a in production? [y/N] ")
        no.type("n\n")
        #expect(try await no.process.exit() == .exited(1))
        try await no.shows("flag a is not deleted")
        let end = try terminal(["flag", "delete", "a"], cluster, "end")
        try await end.shows("[y/N] ")
        end.type("\u{4}")
        #expect(try await end.process.exit() == .exited(1))
        #expect(try control.environmentState().number == 2, "nothing is deleted yet")

        let yes = try terminal(["pilot", "delete", "g"], cluster, "yes")
        try await yes.shows("Delete pilot group g and its members in production? [y/N] ")
        yes.type("y\n")
        #expect(try await yes.process.exit() == .exited(0))
        #expect(try await control.run("flag", "delete", "a", "--yes").code == 0)
        #expect(try control.environmentState().number == 4)

        // The other three: what --prune deletes, a new epoch, and a store in the place of which a backup comes.
        let file = try cluster.directory.write("f.json", Fixture.flags("a", "b"))
        #expect(try await control.run("apply", file, "--set", "s").code == 0)
        _ = try cluster.directory.write("f.json", Fixture.flags("a"))
        let prune = try terminal(["apply", file, "--set", "s", "--prune"], cluster, "prune")
        try await prune.shows("Delete 1 entry in production? [y/N] ")
        #expect(prune.text.contains("flag b"), "\(prune.text)")
        prune.type("yes\n")
        #expect(try await prune.process.exit() == .exited(0))
        #expect(try control.environmentState().number == 6)
        _ = try cluster.directory.write("f.json", Fixture.flags("a", "b"))
        #expect(try await control.run("apply", file, "--set", "s").code == 0)
        _ = try cluster.directory.write("f.json", Fixture.flags("a"))
        let pruned = try terminal(["apply", file, "--set", "s", "--prune", "--json"], cluster, "pruned")
        try await pruned.shows("Delete 1 entry in production? [y/N] ")
        #expect(pruned.text.contains("flag b") && !pruned.text.contains("\"diff\""), "\(pruned.text)")
        pruned.type("yes\n")
        #expect(try await pruned.process.exit() == .exited(0))
        try await pruned.shows("\"diff\"")
        #expect(pruned.text.components(separatedBy: "\"diff\"").count == 2, "one document: \(pruned.text)")
        let epoch = try terminal(["environment", "new-epoch", "production"], cluster, "epoch")
        try await epoch.shows("Begin a new epoch in production? [y/N] ")
        epoch.type("y\n")
        #expect(try await epoch.process.exit() == .exited(0))
        #expect(try control.environmentState().epochCounter == 2)

        let backup = cluster.directory.path("backup.sqlite")
        #expect(try await control.run("backup", backup).code == 0)
        try await control.stop()
        let restore = ["restore", backup, "--data", control.data]
        let kept = try terminal(restore, cluster, "kept")
        try await kept.shows("Put \(control.data)/")
        kept.type("n\n")
        #expect(try await kept.process.exit() == .exited(1))
        try await kept.shows("nothing is restored")
        let restored = try terminal(restore, cluster, "restored")
        try await restored.shows(" aside, and the backup in its place? [y/N] ")
        restored.type("y\n")
        #expect(try await restored.process.exit() == .exited(0))
        try await restored.shows("the store that was there: ")
    }

    @Test("what takes longer than a second is said on the terminal, and erased when it is done")
    func progress() async throws {
        let cluster = try await Cluster(agents: 0)
        let waiting = try terminal(
            ["fleet", "--wait", "--expect", "1", "--timeout", "10m", "--no-color"], cluster, "waiting")
        try await waiting.shows(
            /waiting for revision 0: 0 of 1 expected agent registered … [1-9]\d* s/, as: "seconds that count")
        let agent = AgentProcess("late", in: cluster.directory.path, of: cluster.control)
        try await agent.start()
        #expect(try await waiting.process.exit() == .exited(0))
        try await waiting.shows("by all: 1 agent")
        let last = try #require(waiting.text.components(separatedBy: "\r\u{1B}[2K").last)
        #expect(last.hasPrefix("revision 0 is applied"), "the line is erased before anything else is said: \(last)")
        // In a pipe nothing is said of waiting.
        let piped = try await cluster.control.run("fleet", "--wait", "--expect", "2", "--timeout", "1500ms")
        #expect(piped.code == 1 && !piped.errors.contains(" … ") && !piped.errors.contains("\u{1B}"), "\(piped)")

        // A control node that doesn't answer.
        cluster.control.process?.freeze()
        let frozen = try terminal(["flag", "list", "--no-color"], cluster, "frozen")
        try await frozen.shows(
            /waiting for the control node at http:\/\/127\.0\.0\.1:\d+ … [1-9]\d* s/, as: "seconds that count")
        cluster.control.process?.thaw()
        #expect(try await frozen.process.exit() == .exited(0))
        try await frozen.shows("0 flags in production")
    }
}
