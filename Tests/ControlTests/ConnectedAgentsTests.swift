import Testing

@testable import Control

@Suite struct ConnectedAgentsTests {
    private let ann = Array("agent-ann".utf8)
    private let bob = Array("agent-bob".utf8)

    @Test func whoSpeaksIsKnownUntilTheGoodbye() {
        var agents = ConnectedAgents()
        #expect(agents.peers(in: "production").isEmpty)
        agents.hear(ann, in: "production", now: 1)
        agents.hear(bob, in: "production", now: 2)
        agents.hear(ann, in: "production", now: 3)
        agents.hear(bob, in: "staging", now: 4)
        #expect(Set(agents.peers(in: "production")) == [ann, bob])
        #expect(agents.peers(in: "staging") == [bob])
        agents.forget(bob, in: "production")
        #expect(agents.peers(in: "production") == [ann])
        #expect(agents.peers(in: "staging") == [bob])
    }

    @Test func whoIsSilentForTooLongIsForgotten() {
        var agents = ConnectedAgents()
        agents.hear(ann, in: "production", now: 1_000)
        agents.hear(bob, in: "production", now: 2_000)
        agents.expire(now: 1_000 + ConnectedAgents.forgottenAfter)
        #expect(agents.peers(in: "production").count == 2)
        agents.expire(now: 1_001 + ConnectedAgents.forgottenAfter)
        #expect(agents.peers(in: "production") == [bob])
    }
}
