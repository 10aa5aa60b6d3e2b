import Foundation
import Harness
import JSON
import Testing

/// Two operators at once, and answers that get lost.
@Suite("Safe changes", .gently)
struct ChangeSafetyTests {
    @Test("of two operators who act on one revision, one wins and the other is told")
    func ifRevision() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("a"))
        async let first = control.run("flag", "default", "a", "on", "--if-revision", "1", "--actor", "ann")
        async let second = control.run("flag", "disable", "a", "--if-revision", "1", "--actor", "bob")
        let results = try await [first, second]
        #expect(results.map(\.code).sorted() == [0, 1], "\(results)")
        let loser = try #require(results.first { $0.code == 1 })
        #expect(loser.errors.contains("is at revision 2, not 1") && loser.errors.contains("hint"), "\(loser)")
        #expect(try control.environmentState().number == 2)
        // Every change can be held to a revision.
        let file = try cluster.directory.write("f.json", Fixture.flags("b"))
        for words in [
            ["flag", "enable", "a"], ["flag", "delete", "a", "--yes"], ["pilot", "create", "g"], ["apply", file],
            ["rollback", "1"],
        ] {
            let late = try await Pilotlight.run(words + ["--if-revision", "1", "--control-url", control.url])
            #expect(late.code == 1 && late.errors.contains("HTTP 412"), "\(words): \(late)")
        }
        #expect(try control.environmentState().number == 2)
    }

    @Test("the same idempotency key twice is one revision; with another change it is refused")
    func idempotencyKey() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("a"))
        let first = try await control.run("flag", "default", "a", "on", "--idempotency-key", "deploy-7")
        #expect(first.code == 0 && first.output.contains("revision 2"), "\(first)")
        try control.apply(Fixture.flags("a"))
        let again = try await control.run("flag", "default", "a", "on", "--idempotency-key", "deploy-7")
        #expect(again.code == 0 && again.output == first.output, "\(again)")
        #expect(try control.environmentState().number == 3, "nothing is published by a repetition")
        let other = try await control.run("flag", "default", "a", "off", "--idempotency-key", "deploy-7")
        #expect(other.code == 1 && other.errors.contains("deploy-7") && other.errors.contains("HTTP 422"), "\(other)")
        // A look ahead under the same key is no use of it.
        let file = try cluster.directory.write("f.json", Fixture.flags("b"))
        for options in [["--dry-run"], [], []] {
            let applied = try await Pilotlight.run(
                ["apply", file, "--idempotency-key", "deploy-8", "--control-url", control.url] + options)
            #expect(applied.code == 0, "\(applied)")
        }
        #expect(try control.environmentState().number == 4)
    }

    @Test("a change whose answer got lost is sent again and made once", arguments: [(1, 0), (2, 0), (1, 40)])
    func lostAnswers(_ thefts: Int, _ kept: Int) async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(#"{"pilots": {"g": {"members": []}}}"#)
        let thief = try AnswerThief(before: control.apiPort, thefts: thefts, kept: kept)
        let added = try await control.run(
            "pilot", "add", "g", "ann", environment: ["PILOTLIGHT_CONTROL_URL": thief.url])
        #expect(added.code == 0 && added.output == "g: 1 member added\nrevision 2 (epoch 1)\n", "\(added)")
        #expect(thief.thefts == 0)
        #expect(try control.environmentState().number == 2)
    }

    @Test("after three lost answers a command says that it doesn't know, and that it can be repeated")
    func neverAnswered() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        let thief = try AnswerThief(before: control.apiPort, thefts: 3)
        let lost = try await control.run(
            "pilot", "create", "g", "--idempotency-key", "k", environment: ["PILOTLIGHT_CONTROL_URL": thief.url])
        #expect(lost.code == 1 && lost.errors.contains("asked 3 times"), "\(lost)")
        #expect(lost.errors.contains("may or may not be published"), "\(lost)")
        let repeated = try await control.run("pilot", "create", "g", "--idempotency-key", "k")
        #expect(repeated.code == 0 && repeated.output == "g: created\nrevision 1 (epoch 1)\n", "\(repeated)")
    }

    @Test("a list of members goes in parts; the same key makes the whole list a repetition")
    func longLists() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        #expect(try await control.run("pilot", "create", "g").code == 0)
        let names = (0..<12_001).map { "user-\($0)" }
        let file = try cluster.directory.write("members.txt", names.joined(separator: "\n") + "\n")
        for _ in 0..<2 {
            let added = try await control.run(
                "pilot", "add", "g", "--file", file, "--idempotency-key", "list", "--if-revision", "1")
            #expect(added.code == 0 && added.output == "g: 12001 members added\nrevision 4 (epoch 1)\n", "\(added)")
        }
        #expect(try control.environmentState().number == 4)
        // Read back over several pages, in a pipe nothing but members.
        let shown = try await control.run("pilot", "show", "g")
        #expect(Set(shown.output.split(separator: "\n").map(String.init)) == Set(names))
        let removed = try await Pilotlight.run(
            ["pilot", "remove", "g", "--file", "-", "--control-url", control.url], input: file)
        #expect(removed.code == 0 && removed.output.hasPrefix("g: 12001 members removed\n"), "\(removed)")
        #expect(try await control.run("pilot", "show", "g").output.isEmpty)
    }
}
