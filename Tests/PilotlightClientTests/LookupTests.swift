import Harness
import PilotlightClient
import Testing

extension AgentSuites {
    /// Every type, right and wrong, from a real agent.
    @Suite struct LookupTests {
        @Test func eachTypeAndWhatIsNone() async throws {
            let served = try await ServedFlags()
            let client = served.client
            #expect(await client.boolean("on-off", default: false), "the first lookup, right after the start")
            #expect(await client.string("greeting", default: "") == "čau")
            #expect(await client.integer("few", default: 0) == 3)
            #expect(await client.integer("many", default: 0) == 9_000_000_000)
            #expect(await client.integer("ten", default: 0) == 10)
            #expect(await client.double("half", default: 0) == 0.5)
            #expect(await client.double("few", default: 0) == 3)
            #expect(await client.object("shape", default: .null) == ["z": [1, 0.5], "a": .null])

            let details = await client.stringDetails("greeting", default: "")
            #expect(details.key == "greeting" && details.value == "čau" && details.variant == "b")
            #expect(details.reason == .static && details.errorCode == nil && details.errorMessage == nil)
            #expect(details.metadata == ["owner": "web", "level": 2])
            #expect(details.revision?.number == 1 && details.revision?.epochCounter == 1)
            #expect(details.staleness?.sinceHeartbeat != nil)
            try await eventually("it is fresh") { _ in
                await client.stringDetails("greeting", default: "").staleness?.isStale == false
            }

            let mismatch = await client.booleanDetails("greeting", default: true)
            #expect(mismatch.value && mismatch.reason == .error && mismatch.errorCode == .typeMismatch)
            #expect(mismatch.errorMessage?.contains("greeting") == true, "\(mismatch)")
            #expect(mismatch.revision?.number == 1, "an agent's error has its state too")
            #expect(await client.integerDetails("half", default: 9).errorCode == .typeMismatch)
            #expect(await client.integer("half", default: 9) == 9)
            #expect(await client.stringDetails("shape", default: "x").errorCode == .typeMismatch)
            #expect(await client.objectDetails("few", default: ["mine": 1]).value == ["mine": 1])

            let missing = await client.doubleDetails("nowhere", default: 1.5)
            #expect(missing.value == 1.5 && missing.errorCode == .flagNotFound && missing.reason == .error)

            let sleeping = await client.booleanDetails("sleeping", default: false)
            #expect(!sleeping.value && sleeping.reason == .disabled && sleeping.errorCode == nil)
            let undecided = await client.booleanDetails("undecided", default: true)
            #expect(undecided.value && undecided.errorCode == nil && undecided.variant == nil, "\(undecided)")
            await client.shutdown()
        }

        @Test func theContextDecides() async throws {
            let served = try await ServedFlags()
            let client = served.client
            let ann = await client.booleanDetails(
                "for-ann", default: false, context: EvaluationContext(targetingKey: "ann"))
            #expect(ann.value && ann.reason == .targetingMatch && ann.variant == "on")
            let bob = await client.booleanDetails(
                "for-ann", default: true, context: EvaluationContext(targetingKey: "bob"))
            #expect(!bob.value && bob.reason == .default)
            let gold = EvaluationContext(targetingKey: "bob", attributes: ["tier": "gold", "visits": 4])
            #expect(await client.string("for-gold", default: "", context: gold) == "gold")
            #expect(await client.string("for-gold", default: "") == "plain")
            var both = EvaluationContext(targetingKey: "ann", attributes: ["targetingKey": "bob"])
            #expect(await client.boolean("for-ann", default: false, context: both), "the targeting key wins")
            both.targetingKey = nil
            #expect(!(await client.boolean("for-ann", default: true, context: both)))
            await client.shutdown()
        }

        @Test func anAgentWithoutConfirmedStateIsNotReady() async throws {
            let directory = try TemporaryDirectory()
            let agent = AgentProcess(
                "agent", in: directory.path, of: try ControlProcess(data: directory.path("control")))
            try agent.launch()
            try await agent.answering()
            let client = FlagClient(socketPath: agent.socket)
            let details = await client.stringDetails("any", default: "mine", within: .seconds(120))
            #expect(details.value == "mine" && details.reason == .error && details.errorCode == .providerNotReady)
            #expect(details.revision == nil && details.staleness?.isStale == true)
            #expect(details.errorMessage?.contains("unreachable") == false, "\(details)")
            await client.shutdown()
        }

        @Test func thousandsOfLookupsFromEightTasksGoOverOneConnection() async throws {
            let served = try await ServedFlags()
            let (client, agent) = (served.client, served.agent)
            let connections = #"pilotlight_connections{protocol="binary"}"#
            let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        var wrong = 0
                        for round in 0..<1_000 {
                            let user = (task + round).isMultiple(of: 3) ? "ann" : "user-\(round)"
                            let value = await client.boolean(
                                "for-ann", default: user != "ann", context: EvaluationContext(targetingKey: user))
                            if value != (user == "ann") { wrong += 1 }
                            if await client.integer("few", default: 0) != 3 { wrong += 1 }
                            if round == 500, try agent.metric(connections) != 1 { wrong += 1 }
                        }
                        return wrong
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(wrong == 0)
            #expect(try agent.metric(connections) == 1)
            await client.shutdown()
            try await eventually("the connection is closed") { _ in try agent.metric(connections) == 0 }
        }

        @Test func aClientThatIsLetGoClosesItsConnection() async throws {
            let served = try await ServedFlags()
            let connections = #"pilotlight_connections{protocol="binary"}"#
            var client: FlagClient? = FlagClient(socketPath: served.agent.socket)
            #expect(await client?.boolean("on-off", default: false, within: .seconds(120)) == true)
            await served.client.shutdown()
            try await eventually("one connection") { _ in try served.agent.metric(connections) == 1 }
            client = nil
            try await eventually("no connection") { _ in try served.agent.metric(connections) == 0 }
        }
    }
}
