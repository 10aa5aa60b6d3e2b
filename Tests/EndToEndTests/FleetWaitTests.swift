import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// "Has everyone got it?"
@Suite("fleet --wait", .gently)
struct FleetWaitTests {
    @Test("with no agent registered it is refused")
    func none() async throws {
        let cluster = try await Cluster(agents: 0)
        let result = try await cluster.control.run("fleet", "--wait", "--timeout", "200ms")
        #expect(result.code == 1 && result.errors.contains("no agents are registered"), "\(result)")
    }

    @Test("a silent agent is waited for and named; once it has it, the wait is done")
    func silentAgent() async throws {
        let cluster = try await Cluster(agents: 3, controlVariables: ControlProcess.soonSilent)
        let control = cluster.control
        try control.apply(Fixture.flags("flag-0"))
        let all = try await control.run("fleet", "--wait")
        #expect(all.code == 0 && all.output.contains("revision 1 is applied and cached by all: 3 agents"), "\(all)")

        cluster.agents[1].process?.freeze()
        try control.apply(Fixture.flags("flag-1"))
        try await eventually("agent-1 is silent") { _ in try control.fleet().agent("agent-1")?.state == "silent" }
        // The others may have it a little later.
        try await eventually("it names the laggard alone") { sighting in
            let late = try await control.run("fleet", "--wait", "--timeout", "1s")
            sighting.note(late)
            guard late.code == 1 else { throw Hopeless("it was said too early: \(late)") }
            return late.errors.contains("agent-1") && late.errors.contains("silent")
                && !late.errors.contains("agent-0") && !late.errors.contains("agent-2")
        }

        let url = control.url
        async let waiting = Pilotlight.run(["fleet", "--wait", "--timeout", "10m", "--control-url", url])
        cluster.agents[1].process?.thaw()
        let done = try await waiting
        #expect(done.code == 0 && done.output.contains("revision 2 is applied and cached by all: 3 agents"), "\(done)")
        #expect(try cluster.agents[1].stamp().number == 2, "it was not said too early")
    }

    @Test("it never says done too early")
    func neverTooEarly() async throws {
        let cluster = try await Cluster(agents: 3)
        for round in 1...10 {
            let number = try cluster.control.apply(Fixture.flags("flag-\(round)"))
            let result = try await cluster.control.run("fleet", "--wait", "--revision", "\(number)")
            #expect(result.code == 0, "\(result)")
            for agent in cluster.agents { #expect(try agent.stamp().number >= UInt64(number)) }
        }
    }

    @Test("a killed agent is waited for until it is forgotten; one that said goodbye is not waited for")
    func goneAgents() async throws {
        let cluster = try await Cluster(agents: 3)
        let control = cluster.control
        try control.apply(Fixture.flags("flag-0"))
        try await cluster.converged()

        #expect(try await cluster.agents[0].stop() == .exited(0), "a graceful stop")
        try await eventually("agent-0 said goodbye") { sighting in
            let state = try control.fleet().agent("agent-0")?.state
            sighting.note(state ?? "none")
            return state == "gone"
        }
        try control.apply(Fixture.flags("flag-1"))
        let without = try await control.run("fleet", "--wait")
        #expect(
            without.code == 0 && without.output.contains("revision 2 is applied and cached by all: 2 agents"),
            "\(without)")

        cluster.agents[1].kill()
        try control.apply(Fixture.flags("flag-2"))
        let dead = try await control.run("fleet", "--wait", "--timeout", "500ms")
        #expect(dead.code == 1 && dead.errors.contains("agent-1"), "\(dead)")
        #expect(dead.errors.contains("fleet forget"), "the hint says what to do: \(dead)")
        let id = try #require(try control.fleet().agent("agent-1")?.id)
        #expect(id.count == 32)
        let forgotten = try await control.run("fleet", "forget", id)
        #expect(forgotten.code == 0, "\(forgotten)")
        let after = try await control.run("fleet", "--wait")
        #expect(after.code == 0 && after.output.contains("by all: 1 agent"), "\(after)")

        // What was forgotten comes back when it speaks again; so does what was gone.
        try await cluster.agents[1].start()
        try await cluster.agents[0].start()
        let back = try await control.run("fleet", "--wait", "--expect", "3")
        #expect(back.code == 0 && back.output.contains("by all: 3 agents"), "\(back)")
        #expect(try control.fleet().agent("agent-1")?.id == id, "its id is kept in its data directory")
    }

    @Test("--expect waits for that many; --revision for one that isn't there yet")
    func expectations() async throws {
        let cluster = try await Cluster(agents: 1)
        let control = cluster.control
        try control.apply(Fixture.flags("flag-0"))
        let few = try await control.run("fleet", "--wait", "--expect", "2", "--timeout", "500ms")
        #expect(few.code == 1 && few.errors.contains("1 of 2 expected"), "\(few)")
        let future = try await control.run("fleet", "--wait", "--revision", "2", "--timeout", "500ms")
        #expect(future.code == 1 && future.errors.contains("revision 2"), "\(future)")

        let url = control.url
        async let waiting = Pilotlight.run([
            "fleet", "--wait", "--expect", "2", "--revision", "2", "--timeout", "10m", "--control-url", url,
        ])
        let second = AgentProcess("second", in: cluster.directory.path, of: control)
        try await second.start()
        try control.apply(Fixture.flags("flag-1"))
        let done = try await waiting
        #expect(done.code == 0 && done.output.contains("revision 2 is applied and cached by all: 2 agents"), "\(done)")
    }

    @Test("the registry survives kill -9 of control: an agent that died meanwhile is still waited for")
    func afterARestart() async throws {
        let cluster = try await Cluster(agents: 2)
        let control = cluster.control
        try control.apply(Fixture.flags("flag-0"))
        try await cluster.converged()
        control.kill()
        cluster.agents[0].kill()
        try await control.start()
        try control.apply(Fixture.flags("flag-1"))
        let result = try await control.run("fleet", "--wait", "--timeout", "2s")
        #expect(result.code == 1 && result.errors.contains("agent-0"), "\(result)")
    }
}
