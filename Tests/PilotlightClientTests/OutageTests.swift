import Harness
import PilotlightClient
import Synchronization
import Testing

extension AgentSuites {
    /// Agents that hang, die and come back.
    @Suite struct OutageTests {
        @Test func theDeadlineIsKeptWhenTheAgentHangs() async throws {
            let served = try await ServedFlags { $0.lookupDeadline = .milliseconds(100) }
            let (client, agent) = (served.client, served.agent)
            try await eventually("it answers") { _ in await client.boolean("on-off", default: false) }
            agent.process?.freeze()
            for limit in [nil, Duration.milliseconds(20), .milliseconds(300)] {
                let best = try await quickest(below: .seconds(2)) {
                    let start = ContinuousClock.now
                    let details = await client.booleanDetails("on-off", default: false, within: limit)
                    let took = ContinuousClock.now - start
                    #expect(!details.value && details.reason == .error && details.errorCode == .general)
                    #expect(details.errorMessage?.hasPrefix("deadline exceeded") == true, "\(details)")
                    #expect(took >= limit ?? .milliseconds(100))
                    return took
                }
                #expect(best < .seconds(2) * Patience.factor, "within \(limit ?? .milliseconds(100))")
            }
            // A client that begins now has an agent that takes the connection and says nothing.
            let late = FlagClient(socketPath: agent.socket)
            let best = try await quickest(below: .seconds(2)) {
                let start = ContinuousClock.now
                let details = await late.booleanDetails("on-off", default: false)
                #expect(details.reason == .error)
                return ContinuousClock.now - start
            }
            #expect(best < .seconds(2) * Patience.factor, "a client that begins now")
            agent.process?.thaw()
            for client in [client, late] {
                try await eventually("it answers again") { _ in await client.boolean("on-off", default: false) }
                await client.shutdown()
            }
        }

        @Test func whatIsBeyondTheLimitGetsItsDefaultAtOnce() async throws {
            let served = try await ServedFlags {
                $0.maximumInFlight = 5
                $0.lookupDeadline = .seconds(3_600)
            }
            let (client, agent) = (served.client, served.agent)
            #expect(await client.boolean("on-off", default: false))
            agent.process?.freeze()
            await withTaskGroup(of: LookupDetails<Bool>.self) { group in
                for _ in 0..<20 { group.addTask { await client.booleanDetails("on-off", default: false) } }
                for _ in 0..<15 {
                    let refused = await group.next()
                    #expect(refused?.value == false && refused?.errorCode == .general)
                    #expect(refused?.errorMessage?.hasPrefix("5 lookups are in flight") == true)
                }
                agent.process?.thaw()
                for _ in 0..<5 { #expect(await group.next()?.value == true) }
            }
            await client.shutdown()
        }

        @Test func killedUnderLoadItIsDefaultsWithTheReasonThenRightAgain() async throws {
            let served = try await ServedFlags { $0.lookupDeadline = .seconds(120) * Patience.factor }
            let (client, agent) = (served.client, served.agent)
            let load = Load(client)
            async let running: Void = load.run(tasks: 8)
            for _ in 0..<3 {
                let right = load.tally.right
                try await eventually("answers") { _ in load.tally.right > right + 500 }
                agent.kill()
                let before = load.tally.defaults
                try await eventually("defaults with the reason") { _ in load.tally.defaults > before + 100 }
                try agent.launch()
                let after = load.tally.right
                try await eventually("right again") { _ in load.tally.right > after }
            }
            load.stop()
            await running
            #expect(load.tally.faults == [])
            await client.shutdown()
        }

        @Test func aClientMayStartBeforeItsAgent() async throws {
            let cluster = try await Cluster(agents: 0)
            let agent = AgentProcess("late", in: cluster.directory.path, of: cluster.control)
            let client = FlagClient(socketPath: agent.socket)
            let early = await client.booleanDetails("on-off", default: true)
            #expect(early.value && early.errorCode == .providerNotReady)
            #expect(early.errorMessage?.hasPrefix("agent unreachable") == true, "\(early)")
            #expect(early.errorMessage?.contains(agent.socket) == true)
            try cluster.control.apply(ServedFlags.document(onOff: "off"))
            try await agent.start()
            try await eventually("it is right by itself") { _ in !(await client.boolean("on-off", default: true)) }
            await client.shutdown()
        }

        @Test func aShutdownLetsNobodyHang() async throws {
            let served = try await ServedFlags { $0.lookupDeadline = .seconds(3_600) }
            let (client, agent) = (served.client, served.agent)
            #expect(await client.boolean("on-off", default: false))
            agent.process?.freeze()
            await withTaskGroup(of: LookupDetails<Int>.self) { group in
                for _ in 0..<50 { group.addTask { await client.integerDetails("few", default: 8) } }
                let changes = Task { await client.changes.reduce(0) { count, _ in count + 1 } }
                await client.shutdown()
                for await details in group {
                    #expect(details.value == 8 && details.errorCode == .providerNotReady)
                    #expect(details.errorMessage?.contains("shut down") == true)
                }
                _ = await changes.value
            }
            await client.shutdown()
            #expect(await client.integer("few", default: 8) == 8)
            for await _ in client.changes { Issue.record("a change after the shutdown") }
            agent.process?.thaw()

            let away = FlagClient(socketPath: served.cluster.directory.path("nobody.sock"))
            await away.shutdown()
        }
    }
}

/// Lookups without pause from many tasks, and what they came to.
private final class Load: Sendable {
    struct Tally {
        var right = 0
        var defaults = 0
        var faults: [String] = []
        var isStopped = false
    }

    private let client: FlagClient
    private let state = Mutex(Tally())

    init(_ client: FlagClient) { self.client = client }

    var tally: Tally { state.withLock { $0 } }

    func stop() { state.withLock { $0.isStopped = true } }

    func run(tasks: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    while !self.tally.isStopped {
                        let details = await self.client.integerDetails("many", default: -1)
                        self.note(details)
                        // While the agent is away the default comes without any wait: let others run.
                        if details.reason == .error { try? await Task.sleep(for: .milliseconds(1)) }
                    }
                }
            }
        }
    }

    private func note(_ details: LookupDetails<Int>) {
        state.withLock { state in
            switch (details.reason, details.value) {
            case (.static, 9_000_000_000): state.right += 1
            case (.error, -1) where details.errorMessage?.hasPrefix("agent unreachable") == true: state.defaults += 1
            default: state.faults.append("\(details)")
            }
        }
    }
}
