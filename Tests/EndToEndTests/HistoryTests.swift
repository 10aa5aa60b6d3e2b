import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// Control nodes that lost their history, wholly or in part.
@Suite("Lost histories", .gently)
struct HistoryTests {
    @Test("a control node on an empty data directory empties no agent; new-epoch makes its state the one that counts")
    func emptyDirectory() async throws {
        let cluster = try await Cluster(agents: 2)
        let control = cluster.control
        for name in ["one", "two", "three"] { try control.apply(Fixture.flags(name, variant: "on")) }
        try await cluster.converged()
        try await control.stop()

        try await control.start(on: cluster.directory.path("empty"))
        let blocked = try await awaited("control hears of another history") { sighting in
            let state = try control.environmentState()
            sighting.note(state.json.compactText())
            return state.blocked
        }
        #expect(blocked.contains("another history"), "\(blocked)")
        for agent in cluster.agents {
            #expect(try agent.connect().lookup("three").value == .bool(true), "\(agent.name) keeps its state")
            try await eventually("\(agent.name) says why it doesn't follow") { _ in
                agent.logText.contains("keeps its state")
            }
        }
        let list = try await control.run("environment", "list")
        #expect(list.code == 0 && list.output.contains("blocked") && list.output.contains("takes no writes"), "\(list)")
        try await eventually("the fleet shows the conflict") { _ in
            try control.fleet().agents.allSatisfy { $0.conflict != nil && $0.number == 3 }
        }
        let fleet = try await control.run("fleet")
        #expect(fleet.code == 0 && fleet.output.contains("conflict"), "\(fleet)")
        let wait = try await control.run("fleet", "--wait", "--timeout", "300ms")
        #expect(wait.code == 1 && wait.errors.contains("agent-0"), "\(wait)")
        let apply = try await control.run("apply", try cluster.directory.write("f.json", Fixture.flags("four")))
        #expect(apply.code == 1 && apply.errors.contains("takes no writes"), "\(apply)")
        #expect(apply.errors.contains("new-epoch production --yes"), "\(apply)")

        let preview = try await control.run("environment", "new-epoch", "production")
        #expect(preview.code == 1 && preview.output.contains("agent-1"), "\(preview)")
        #expect(try control.environmentState().blocked != nil, "a preview changes nothing")
        let begun = try await control.run("environment", "new-epoch", "production", "--yes")
        #expect(begun.code == 0, "\(begun)")
        try await cluster.converged()
        let after = try control.environmentState()
        #expect(after.epochCounter == 2 && after.number > 3, "above everything heard: \(after.json.compactText())")
        for agent in cluster.agents {
            #expect(try agent.connect().lookup("three").error?.name == "FLAG_NOT_FOUND", "control's state counts now")
        }
        #expect(try await control.run("apply", cluster.directory.path("f.json")).code == 0)
        try await cluster.converged()
        #expect(try cluster.agents[1].connect().lookup("four").value == .bool(false))
    }

    @Test("a control node on an older backup empties no agent and takes no writes until a new epoch")
    func olderBackup() async throws {
        let cluster = try await Cluster(agents: 2)
        let control = cluster.control
        try control.apply(Fixture.flags("old", variant: "on"))
        try await cluster.converged()
        try await control.stop()
        let backup = cluster.directory.path("backup")
        try TemporaryDirectory.copy(control.data, to: backup)
        try await control.start()
        for name in ["new-1", "new-2"] { try control.apply(Fixture.flags(name, variant: "on")) }
        try await cluster.converged()
        try await control.stop()

        try await control.start(on: backup)
        let blocked = try await awaited("control hears of a higher number") { _ in
            try control.environmentState().blocked
        }
        #expect(blocked.contains("revision 3"), "\(blocked)")
        #expect(throws: (any Error).self) { try control.apply(Fixture.flags("refused")) }
        for agent in cluster.agents { #expect(try agent.connect().lookup("new-2").value == .bool(true)) }

        // That no writes are taken outlives a restart.
        try await control.stop()
        try await control.start(on: backup)
        #expect(try control.environmentState().blocked != nil)

        let begun = try await control.run("environment", "new-epoch", "production", "--yes")
        #expect(begun.code == 0, "\(begun)")
        try await cluster.converged()
        let after = try control.environmentState()
        #expect(after.epochCounter == 2 && after.number > 3 && after.blocked == nil)
        for agent in cluster.agents {
            let connection = try agent.connect()
            #expect(try connection.lookup("old").value == .bool(true))
            #expect(try connection.lookup("new-2").error?.name == "FLAG_NOT_FOUND")
        }
    }

    @Test("a backup that was written to before it met its agents is recognised by its digest")
    func backupWrittenTo() async throws {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(data: directory.path("control"))
        try await control.start()
        let relay = try ControlRelay(to: control)
        let agent = AgentProcess("agent", in: directory.path, of: control, through: relay)
        try await agent.start()
        try control.apply(Fixture.flags("old"))
        try await control.stop()
        let backup = directory.path("backup")
        try TemporaryDirectory.copy(control.data, to: backup)
        try await control.start()
        try control.apply(Fixture.flags("theirs"))
        try await agent.reaches(2)
        try await control.stop()

        relay.cut()
        try await control.start(on: backup)
        try control.apply(Fixture.flags("ours"))
        #expect(try control.environmentState().number == 2)
        relay.heal()
        let blocked = try await awaited("control hears of other content") { _ in try control.environmentState().blocked
        }
        #expect(blocked.contains("other content"), "\(blocked)")
    }
}
