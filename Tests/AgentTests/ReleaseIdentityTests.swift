import Flags
import Harness
import JSON
import Replication
import Synchronization
import Testing

@testable import Agent

/// Agents of an old version answer as before a release, from their first lookup, and whatever is laid over what they hold.
@Suite struct ReleaseIdentityTests: LinkSuite {
    let directory: TemporaryDirectory
    let log = LogLines()

    init() throws { directory = try TemporaryDirectory() }

    private static func released(to flags: String..., requires: String, opens: Int64? = nil) throws -> EntryChange {
        let requirement = try #require(VersionRequirement(requires))
        let staged = StagedRelease(
            changes: flags.map { FlagVariant(flag: $0, variant: "on") }, requires: [requirement],
            percentage: .everybody, salt: "spring", opens: opens)
        return .put(EntryKey(.release, "spring"), staged.storedBytes)
    }

    private func answering(_ control: MiniControl, service: String = "checkout", version: String) -> AgentConfiguration
    {
        var configuration = configuration(control)
        configuration.service = service
        configuration.serviceVersion = version
        return configuration
    }

    @Test func theFirstLookupAfterAStartFromTheCacheIsAsBefore() async throws {
        let control = try await MiniControl.start(Self.state())
        let agent = try await RunningAgent(answering(control, version: "2.0.0"), log)
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(false))
        await control.change([try Self.released(to: "checkout", requires: "checkout >= 2.0.0")])
        try await caughtUp(agent, with: control)
        #expect(agent.value(of: "checkout") == .bool(true))
        try await agent.stop()
        await control.stop()

        // Nobody is reached any more: the same cache, another version, and the first answer.
        for (service, version, expected) in [
            ("checkout", "1.9.9", false), ("checkout", "", false), ("cart", "1.0.0", true), ("", "", true),
            ("checkout", "2.1.0", true),
        ] {
            let again = try await RunningAgent(answering(control, service: service, version: version), log)
            #expect(again.value(of: "checkout") == .bool(expected), "\(service) \(version)")
            try await again.stop()
        }
    }

    @Test func whateverIsSwappedInOrLaidOverIt() throws {
        var flags = FlagSet()
        for key in ["checkout", "search"] { try flags.put(flag: key, storedBytes: History.off) }
        guard
            case .put(_, let release) = try Self.released(to: "checkout", "search", requires: "checkout >= 2.0.0")
        else { return }
        try flags.put(release: "spring", storedBytes: release)
        let revision = Revision(epoch: Self.epoch, number: 5)
        let snapshot = LiveSnapshot(environment: "production", revision: revision, flags: flags)
        func answers(_ live: LiveState) -> [JSONValue?] {
            ["checkout", "search"].map {
                live.load().flags.evaluate($0, context: EvaluationContext(), unixSeconds: 0).value
            }
        }
        for (version, expected) in [("1.4.2", JSONValue.bool(false)), ("2.0.0", .bool(true))] {
            let live = LiveState(
                LiveSnapshot(environment: "production"),
                identity: ServiceIdentity(service: "checkout", version: version))
            // As the link hands them over: made by whoever, of no service.
            #expect(snapshot.flags.identity == .none)
            live.swap(to: snapshot, changed: .everything)
            #expect(answers(live) == [expected, expected])
            var reader = live.makeReader()
            let swapped = reader.current().flags.identity
            #expect(swapped.version == version)
            var kills = KillOverlay()
            let kill = UrgentKill(
                flag: "search", kill: Kill(variant: "on", value: .bool(true)),
                revision: Revision(epoch: Self.epoch, number: 6))
            let isNews = kills.receive(kill, shown: revision)
            #expect(isNews)
            live.lay(kills)
            #expect(answers(live) == [expected, .bool(true)])
            let killed = reader.current().flags.identity
            #expect(killed.version == version)
            live.lay(KillOverlay())
            #expect(answers(live) == [expected, expected])
        }
    }

    @Test func anOpeningTellsWatchersAtItsTime() async throws {
        let control = try await MiniControl.start(Self.state())
        let old = try await RunningAgent(answering(control, version: "1.0.0"), log)
        try await caughtUp(old, with: control)
        let told = Mutex<[(keys: [String], at: UInt64)]>([])
        let watch = old.agent.live.onSwap { _, change in
            if case .flags(let keys) = change {
                told.withLock { $0.append((keys, MonotonicClock.unixMilliseconds)) }
            }
        }
        var opening: Int64 = 0
        // Where this machine stands still until it is open, one with more time takes its place.
        for lead: Int64 in [3, 20, 100] {
            told.withLock { $0 = [] }
            opening = old.agent.live.clock.unixSeconds() + lead
            await control.change([try Self.released(to: "checkout", requires: "cart >= 1.0.0", opens: opening)])
            try await caughtUp(old, with: control)
            let coming = told.withLock { $0.map(\.keys) }
            guard old.agent.live.clock.unixSeconds() < opening else { continue }
            #expect(coming == [["checkout"]], "of its coming")
            break
        }
        func answer(_ at: Int64) -> JSONValue? {
            old.live.flags.evaluate("checkout", context: EvaluationContext(), unixSeconds: at).value
        }
        #expect(answer(opening - 1) == .bool(false) && answer(opening) == .bool(true))
        try await eventually("watchers are told of the opening") { _ in told.withLock { $0.count } == 2 }
        let last = try #require(told.withLock { $0.last })
        #expect(last.keys == ["checkout"])
        #expect(last.at >= UInt64(opening) * 1_000, "\(UInt64(opening) * 1_000 - last.at) ms before its time")
        old.agent.live.end(watch)
        try await old.stop()
        await control.stop()
    }
}
