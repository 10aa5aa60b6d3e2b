import Harness
import PilotlightClient
import Testing

extension AgentSuites {
    /// Changes as they arrive from a real agent.
    @Suite struct ChangesTests {
        @Test func changesComeWithTheirKeysAndARestartIsEverything() async throws {
            let served = try await ServedFlags()
            let (client, control, agent) = (served.client, served.cluster.control, served.agent)
            var changes = client.changes.makeAsyncIterator()
            let first = try #require(await changes.next())
            #expect(first.flags == .everything && first.revision?.number == 1 && first.concerns("any"))

            try control.apply(ServedFlags.document(onOff: "off"))
            let second = try #require(await changes.next())
            #expect(second.flags == .keys(["on-off"]) && second.revision?.number == 2)
            #expect(second.concerns("on-off") && !second.concerns("few"))
            #expect(await client.boolean("on-off", default: true) == false, "asked after the change came")

            agent.kill()
            try control.apply(ServedFlags.document(onOff: "on"))
            try await agent.start()
            // Back with its cache first, or with what was published meanwhile at once: either way nothing is missed.
            var number: UInt64 = 0
            var sawEverything = false
            while number < 3 {
                let change = try #require(await changes.next())
                number = change.revision?.number ?? 0
                if change.flags == .everything { sawEverything = true }
            }
            #expect(sawEverything)
            #expect(await client.boolean("on-off", default: false))

            try control.apply(ServedFlags.document(onOff: "off"))
            #expect(try #require(await changes.next()).flags == .keys(["on-off"]))
            await client.shutdown()
            #expect(await changes.next() == nil)
        }

        @Test func manyMayFollow() async throws {
            let served = try await ServedFlags()
            let (client, control) = (served.client, served.cluster.control)
            let seen = (0..<3).map { _ in Recorder<FlagChange>() }
            let followers = seen.map { recorder in
                Task { for await change in client.changes { recorder.note(change) } }
            }
            try await eventually("all have begun") { _ in seen.allSatisfy { !$0.all.isEmpty } }
            for variant in (0..<20).map({ $0.isMultiple(of: 2) ? "off" : "on" }) {
                try control.apply(ServedFlags.document(onOff: variant))
            }
            try await eventually("all have come to the end") { sighting in
                sighting.note(seen.map { $0.all.last?.revision?.number ?? 0 })
                return seen.allSatisfy { $0.all.last?.revision?.number == 21 }
            }
            for changes in seen.map(\.all) {
                let numbers = changes.map { $0.revision?.number ?? 0 }
                #expect(numbers == numbers.sorted() && changes.first?.flags == .everything)
                #expect(changes.dropFirst().allSatisfy { $0.flags == .keys(["on-off"]) })
            }
            followers[0].cancel()
            await followers[0].value
            try control.apply(ServedFlags.document(onOff: "off"))
            try await eventually("the others go on") { _ in
                seen.dropFirst().allSatisfy { $0.all.last?.revision?.number == 22 }
            }
            await client.shutdown()
            for follower in followers { await follower.value }
        }
    }
}
