import Harness
import Replication

@testable import Agent

/// What tests of the link share: a control node's state, an agent's configuration, and when the two agree.
protocol LinkSuite {
    var directory: TemporaryDirectory { get }
    var log: LogLines { get }
}

extension LinkSuite {
    static var epoch: Epoch { Epoch(counter: 1, id: 7) }
    var checkout: EntryKey { EntryKey(.flag, "checkout") }

    static func state(number: UInt64 = 5, epoch: Epoch = Self.epoch, flags: Int = 20) -> ReplicatedState {
        var state = ReplicatedState(revision: Revision(epoch: epoch, number: number))
        state.apply((0..<flags).map { .put(EntryKey(.flag, "flag-\($0)"), History.on) })
        state.apply([
            .put(EntryKey(.flag, "checkout"), History.off), .put(EntryKey(.pilot, "staff"), Array("{}".utf8)),
            .addMembers(pilot: "staff", ["ann", "bob"]),
        ])
        return state
    }

    func configuration(
        _ control: MiniControl, hosts: [String] = ["127.0.0.1"], staleAfter: Duration = .seconds(5)
    ) -> AgentConfiguration {
        AgentConfiguration(
            controlHosts: hosts, publishPort: control.publishPort, syncPort: control.syncPort,
            dataDirectory: directory.path("agent"), name: "edge", service: "checkout", serviceVersion: "1.4.2",
            staleAfter: staleAfter)
    }

    /// Waits until a heartbeat has come: what is published from then on doesn't come too early for the subscription.
    func heard(_ control: MiniControl, by agent: RunningAgent) async throws {
        try await eventually("a heartbeat is heard") { _ in
            agent.agent.live.heardNumber == control.state?.revision.number
        }
    }

    func caughtUp(_ agent: RunningAgent, with control: MiniControl) async throws {
        try await eventually("the agent holds what control holds") { sighting in
            sighting.note("\(String(describing: agent.live.revision)) \(log.all.suffix(3))")
            return agent.live.revision != nil && agent.live.revision == control.state?.revision
        }
        try await eventually("control hears that it is applied and cached") { _ in
            control.reports.last?.revision == control.state?.revision
                && control.reports.last?.digest == control.state?.digest
        }
    }
}
