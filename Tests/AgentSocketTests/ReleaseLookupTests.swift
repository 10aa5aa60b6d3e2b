import Agent
import AgentSocket
import Flags
import Harness
import JSON
import LookupProtocol
import Replication
import Testing

/// A release that requires a version of the service, by every way of asking.
@Suite struct ReleaseLookupTests {
    /// Brings a flag and a component to everybody; agents of the web service must be at 2.0 for it.
    private static func snapshot() throws -> LiveSnapshot {
        var snapshot = try ServedComponents.snapshot()
        let requirement = try #require(VersionRequirement("web >= 2.0.0"))
        let staged = StagedRelease(
            changes: [
                FlagVariant(flag: "greeting", variant: "b"),
                FlagVariant(flag: ComponentKey.flagKey(of: "checkout"), variant: "1.1"),
            ], requires: [requirement], percentage: .everybody, salt: "spring")
        try snapshot.flags.put(release: "spring", storedBytes: staged.storedBytes)
        return snapshot
    }

    @Test(arguments: [
        ("web", "1.9.9", false), ("web", "2.0.0", true), ("web", "", false), ("cart", "1.0.0", true), ("", "", true),
    ])
    func whoseVersionDoesNotDoAnswersAsBefore(service: String, version: String, hasIt: Bool) async throws {
        let identity = ServiceIdentity(service: service, version: version)
        try await serving(Self.snapshot(), as: identity) { agent in
            let (greeting, component) = hasIt ? ("b", "1.1") : ("a", "1.0")
            #expect(try agent.ofrep("greeting", "{}").json["variant"] == .string(greeting))
            let bulk = try HTTPConnection.request(
                agent.socket, "POST", "/ofrep/v1/evaluate/flags", body: Array("{}".utf8))
            let inBulk = bulk.json["flags"]?.arrayValue?.first { $0["key"] == "greeting" }
            #expect(inBulk?["variant"] == .string(greeting))

            let connection = try LookupConnection(agent.addresses.socketPath)
            #expect(try connection.lookup("greeting", targetingKey: "zoe").variant == greeting)
            #expect(try connection.lookup(MarkedKey.of(component: "checkout")).variant == component)
            #expect(try connection.lookupAll().answers["greeting"]?.variant == greeting)
            // Whom targeting names keeps the answer that targeting gives.
            #expect(
                try connection.lookup(MarkedKey.of(component: "checkout"), targetingKey: "ann").variant == "2.0-exp")

            let route = try ServedComponents.ask(agent, "/route/checkout?header=u", ["u": "zoe"])
            #expect(route.headers["pilotlight-version"] == (hasIt ? "1.1" : "1.0"))
            #expect(route.headers["pilotlight-upstream"] == (hasIt ? "green" : "blue"))
        }
    }

    @Test func aSwapKeepsWhomItIsFor() async throws {
        let identity = ServiceIdentity(service: "web", version: "1.0.0")
        try await serving(as: identity) { agent in
            let connection = try LookupConnection(agent.addresses.socketPath)
            #expect(try connection.lookup("greeting").variant == "a")
            for number in UInt64(43)...53 {
                var next = try Self.snapshot()
                next.revision?.number = number
                agent.live.swap(to: next, changed: .everything)
                #expect(try connection.lookup("greeting").variant == "a")
                #expect(try agent.ofrep("greeting").json["variant"] == "a")
            }
        }
    }
}
