import Flags
import Foundation
import Harness
import JSON
import Replication
import Synchronization
import Testing

@testable import Agent

/// Components in an agent: cached, told of, killed ahead of their turn, quarantined.
@Suite struct ComponentTests: LinkSuite {
    let directory: TemporaryDirectory
    let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    private let component = EntryKey(.component, "checkout")
    private static let key = ComponentKey.flagKey(of: "checkout")
    private var killed: EntryChange {
        .put(EntryKey(.kill, Self.key), Kill(variant: "1.0", value: .string("1.0")).storedBytes)
    }

    /// `staff`, in which Ann is, gets 1.1; others the default version.
    private static func definition(default version: String = "1.0") -> [UInt8] {
        Array(
            """
            {"defaultVersion":"\(version)","pilots":[{"pilot":"staff","version":"1.1"}],\
            "versions":{"1.0":{"upstream":"blue"},"1.1":{"upstream":"green"}}}
            """.utf8)
    }

    private static func state() -> ReplicatedState {
        var state = Self.state(number: 5)
        let child = #"""
            {"defaultVariant":"off","prerequisites":[{"component":"checkout","version":"1.1"}],"state":"ENABLED",\#
            "targeting":{"if":[true,"on"]},"variants":{"off":false,"on":true}}
            """#
        state.apply([
            .put(EntryKey(.component, "checkout"), definition()), .put(EntryKey(.flag, "child"), Array(child.utf8)),
        ])
        return state
    }

    @Test func watchersAreToldByTheMarkedKeyAndTheFlagsThatRequireIt() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: Self.key) == "1.1" && agent.value(of: "child") == .bool(true))
        #expect(agent.value(of: "checkout") == .bool(false), "a flag of the same name is another thing")
        #expect(agent.live.flags.componentNames == ["checkout"])

        let told = Mutex<[[String]]>([])
        let watch = agent.agent.live.onSwap { _, change in
            if case .flags(let keys) = change { told.withLock { $0.append(keys) } }
        }
        let changes: [[EntryChange]] = [
            [.put(component, Self.definition(default: "1.1"))], [.removeMembers(pilot: "staff", ["ann"])],
            [.put(checkout, History.on)], [.delete(component)],
        ]
        for change in changes {
            await control.change(change)
            try await caughtUp(agent, with: control)
        }
        let both = [Self.key, "child"]
        #expect(told.withLock { $0 } == [both, both, ["checkout"], both])
        #expect(agent.value(of: Self.key) == nil && agent.value(of: "checkout") == .bool(true))
        agent.agent.live.end(watch)
        try await agent.stop()
        await control.stop()
    }

    @Test func aKillOvertakesWhatIsLostAndOutlivesARestart() async throws {
        // Beats once: nothing but the urgent copy tells of a delta that PUB dropped.
        let control = try await MiniControl.start(Self.state(), heartbeat: 100_000_000)
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        try await eventually("the subscription stands") { _ in
            await control.change([.put(EntryKey(.flag, "beacon"), History.on)])
            return agent.agent.counters.deltas.load(ordering: .relaxed) > 0
        }
        try await caughtUp(agent, with: control)
        let before = try #require(agent.live.revision)
        await control.change([killed], .dropped)
        try await eventually("the component is killed") { _ in agent.value(of: Self.key) == "1.0" }
        #expect(agent.live.revision == before && agent.value(of: "child") == .bool(false))
        try await eventually("the log says so") { _ in log.contains("killed ahead of its turn [\"component=checkout\"")
        }
        try await agent.stop()
        await control.stop()

        let again = try await RunningAgent(configuration(control), log)
        #expect(again.live.revision == before && again.value(of: Self.key) == "1.0")
        try await again.stop()
    }

    @Test func aQuarantinedComponentKeepsItsLastGoodFormOverARestart() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(configuration(control), log)
        try await caughtUp(agent, with: control)
        await control.change([.put(component, Array("{}".utf8))])
        await control.change([.put(EntryKey(.flag, "flag-1"), History.off)])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: Self.key) == "1.1" && agent.value(of: "flag-1") == .bool(false))
        #expect(agent.live.quarantined == ["component:checkout"])
        #expect(control.reports.last?.quarantined == ["component:checkout"])
        try await agent.stop()

        let again = try await RunningAgent(configuration(control), log)
        #expect(again.value(of: Self.key) == "1.1" && again.live.quarantined == ["component:checkout"])
        await control.change([.put(component, Self.definition(default: "1.1"))])
        try await caughtUp(again, with: control)
        #expect(again.live.quarantined == [])
        #expect(
            again.live.flags.evaluate(Self.key, context: EvaluationContext(), unixSeconds: 0).value == .string("1.1"))
        try await again.stop()
        await control.stop()
    }
}
