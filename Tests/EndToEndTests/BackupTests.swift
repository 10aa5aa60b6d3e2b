import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// A backup made while changes go on, put back, and what the agents that have seen more do then.
@Suite("Backup and restore", .gently)
struct BackupTests {
    private func restore(
        _ file: String, to control: ControlProcess, _ options: String...
    ) async throws -> CommandResult {
        try await Pilotlight.run(["restore", file, "--data", control.data] + options)
    }

    @Test("backup, changes, restore: agents that are ahead keep answering, and writes wait for a new epoch")
    func agentsAhead() async throws {
        let cluster = try await Cluster(agents: 2)
        let control = cluster.control
        try control.apply(Fixture.flags("flag-0"))
        let file = cluster.directory.path("backup.sqlite")
        let backup = try await control.run("backup", file)
        #expect(backup.code == 0, "\(backup)")
        #expect(try await control.run("backup", file).errors.contains("is there already"))
        let digest = try control.environmentState().digest

        try control.apply(Fixture.flags("flag-1"))
        try control.apply(Fixture.flags("flag-2"))
        try await cluster.converged()

        // Not while it runs, not over what is there, and not what is no backup.
        #expect(try await restore(file, to: control, "--yes").errors.contains("in use by another control node"))
        try await control.stop()
        let refused = try await restore(file, to: control)
        #expect(refused.code == 1)
        #expect(refused.errors.contains("there is a store already"), "\(refused)")
        var damaged = try Data(contentsOf: URL(fileURLWithPath: file))
        for place in stride(from: damaged.count / 2, to: damaged.count, by: 97) { damaged[place] ^= 0xFF }
        let other = cluster.directory.path("damaged.sqlite")
        try damaged.write(to: URL(fileURLWithPath: other))
        let bad = try await restore(other, to: control, "--yes")
        #expect(bad.code == 1)
        #expect(bad.errors.contains("damaged"), "\(bad)")

        let restored = try await restore(file, to: control, "--yes")
        #expect(restored.code == 0, "\(restored)")
        #expect(restored.output.contains("production: revision 1 (epoch 1), 1 entry"), "\(restored)")
        #expect(restored.output.contains("the store that was there: "), "\(restored)")

        try await control.start()
        #expect(try control.environmentState().digest == digest)
        try await eventually("control hears that agents are ahead") { _ in
            try control.environmentState().blocked != nil
        }
        let write = try await control.run("flag", "disable", "flag-0")
        #expect(write.code == 1)
        #expect(write.errors.contains("takes no writes"), "\(write)")
        for agent in cluster.agents {
            #expect(try agent.connect().lookup("flag-2").value == .bool(false))
        }
        let begun = try await control.run("environment", "new-epoch", "production", "--yes")
        #expect(begun.code == 0, "\(begun)")
        try await cluster.converged()
        let state = try control.environmentState()
        #expect(state.digest == digest)
        #expect(state.number > 3)
        for agent in cluster.agents {
            #expect(try agent.connect().lookup("flag-2").error?.name == "FLAG_NOT_FOUND")
        }
        try control.apply(Fixture.flags("flag-3"))
        try await cluster.converged()
    }

    @Test("a backup made under load is whole: it loads, and holds every change acknowledged before it")
    func underLoad() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        let load = WriterLoad(on: control, writers: 4)
        async let writing: Void = load.run()
        for round in 1...5 {
            let before = try control.environmentState().number
            let file = cluster.directory.path("backup-\(round).sqlite")
            let made = try await control.run("backup", file)
            #expect(made.code == 0, "\(made)")
            let after = try control.environmentState().number
            let data = cluster.directory.path("restored-\(round)")
            let restored = try await Pilotlight.run(["restore", file, "--data", data, "--json"])
            let number = try #require(
                restored.json["environments"]?.arrayValue?.first?["revision"]?["number"]?.integerValue)
            #expect((before...after).contains(number), "\(before) \(number) \(after)")
        }
        load.stop()
        try await writing
        #expect(load.refusals.isEmpty)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: control.data).allSatisfy { !$0.contains("being-sent") })
    }

    @Test("--history-keep deletes from the old end, and says so to who asks for more")
    func retention() async throws {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(
            data: directory.path("control"), environment: ["PILOTLIGHT_HISTORY_KEEP": "5"])
        try await control.start()
        for number in 1...12 { try control.apply(Fixture.flags("flag-\(number)")) }
        // What is no longer kept goes at the start, and then once a minute.
        try await control.stop()
        try await control.start()
        try await eventually("old history is gone") { _ in
            try control.ask("GET", "/v1/environments/production/history")["oldest"]?.integerValue == 8
        }
        let old = try await control.run("rollback", "3")
        #expect(old.code == 1)
        #expect(old.errors.contains("goes back to revision 8"), "\(old)")
        #expect(try await control.run("rollback", "8").code == 0)
        #expect(try control.environmentState().json["flags"] == .integer(8))
    }
}
