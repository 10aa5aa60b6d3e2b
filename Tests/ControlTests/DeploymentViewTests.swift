import Flags
import JSON
import Releases
import Testing

@testable import Control

/// Recorded against observed: who disagrees, and how that is said.
@Suite struct DeploymentViewTests {
    private func deployment(
        _ version: String, _ state: DeploymentState = .verified, in place: String = "", component: String = "checkout"
    ) -> Deployment {
        Deployment(component: component, version: version, where: place, state: state, at: 1_800_000_000_000, by: "ci")
    }

    private func agent(
        _ name: String, _ version: String, _ health: ObservedAgent.Health = .passing, isLive: Bool = true,
        service: String = "checkout"
    ) -> ObservedAgent {
        ObservedAgent(id: "id-\(name)", name: name, service: service, version: version, isLive: isLive, health: health)
    }

    private func disagreements(_ deployments: [Deployment], _ agents: [ObservedAgent]) -> [String] {
        DeploymentView(Deployments(deployments), agents).disagreements
    }

    @Test func whoAgreesIsSilent() {
        #expect(disagreements([], []) == [])
        #expect(disagreements([deployment("1.1")], [agent("a", "1.1"), agent("b", "1.1", .unchecked)]) == [])
        #expect(disagreements([deployment("1.0", .retired)], []) == [])
        #expect(disagreements([deployment("1.0", .retired)], [agent("x", "", service: "")]) == [])
    }

    @Test func everyWayToDisagreeIsNamed() {
        #expect(
            disagreements([deployment("1.0", .retired)], [agent("b", "1.0"), agent("a", "1.0", isLive: false)])
                == ["checkout 1.0: retired, but 2 agents (a, b) still run it"])
        // It goes on in another place.
        #expect(
            disagreements([deployment("1.0", .retired, in: "eu"), deployment("1.0", in: "us")], [agent("a", "1.0")])
                == [])
        #expect(
            disagreements([deployment("1.1", in: "eu")], [agent("a", "1.1", isLive: false)])
                == ["checkout 1.1 in eu: verified, but no live agent reports it"])
        #expect(
            disagreements([deployment("1.1", .recorded)], [agent("a", "1.0", isLive: false)]).first
                == "checkout 1.1: recorded, but no live agent reports it")
        #expect(disagreements([deployment("1.1", .recorded)], []) == [], "agents stand beside none of it")
        #expect(
            disagreements([deployment("1.1")], [agent("a", "1.1"), agent("b", "1.1", .failing)])
                == ["checkout 1.1: verified, but the health of agent b fails"])
        #expect(
            disagreements([deployment("1.1", .failed)], [agent("a", "1.1")])
                == ["checkout 1.1: failed its check, but the health of agent a passes"])
        #expect(disagreements([deployment("1.1", .failed)], [agent("a", "1.1", .unchecked)]) == [])
        #expect(
            disagreements([deployment("1.1")], [agent("a", "1.1"), agent("b", "1.2")])
                == ["checkout 1.2: nobody recorded it, but agent b runs it"])
        #expect(
            disagreements([deployment("1.1")], [agent("a", ""), agent("b", "1.1")])
                == ["checkout: agent a names no version"])
        #expect(disagreements([], [agent("a", "")]) == [], "what is never deployed by version")
        #expect(
            disagreements([], (1...7).map { agent("a\($0)", "2") })
                == ["checkout 2: nobody recorded it, but 7 agents (a1, a2, a3, a4, a5, …) run it"])
    }

    @Test func whatUsersAreGivenMustBeThere() {
        let view = DeploymentView(
            Deployments([
                deployment("1.0", .retired), deployment("1.1", .failed), deployment("1.2"), deployment("1.3", .retired),
            ]), []
        ) { component, version in component == "checkout" && version != "1.3" }
        #expect(
            view.disagreements == [
                "checkout 1.0: retired, but users are given it",
                "checkout 1.1: failed its check, but users are given it",
            ])
    }

    @Test func countsAndOrder() throws {
        let view = DeploymentView(
            Deployments([deployment("1.10"), deployment("1.9"), deployment("1.0", component: "search")]),
            [
                agent("b", "1.10", .failing), agent("a", "1.10"), agent("c", "1.10", isLive: false), agent("d", "1.9"),
                agent("e", "1.0", service: "search"),
            ])
        #expect(view.deployments.map(\.title) == ["checkout 1.9", "checkout 1.10", "search 1.0"])
        #expect(
            view.observed.map { "\($0.component) \($0.version)" } == ["checkout 1.9", "checkout 1.10", "search 1.0"])
        #expect(view.observed[1].agents.map(\.name) == ["a", "b", "c"])
        let counts = view.json(view.deployments[1])["agents"]
        #expect(counts == ["live": 2, "silent": 1, "passing": 1, "failing": 1])
        let one = DeploymentView(
            Deployments([deployment("1.9"), deployment("1.0", component: "search")]),
            [agent("d", "1.9"), agent("e", "1.0", service: "search")], of: "search")
        #expect(one.deployments.map(\.title) == ["search 1.0"] && one.observed.map(\.component) == ["search"])
    }
}
