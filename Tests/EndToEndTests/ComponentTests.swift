import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

extension Crowd {
    /// A component among flag keys, as the lookup protocol has it.
    static func key(of component: String) -> String { "\u{1}\(component)" }

    /// Each user's version.
    func versions(of component: String, from agent: AgentProcess) throws -> [String: String] {
        try answers(Self.key(of: component), of: agent).compactMapValues(\.variant)
    }

    /// How many have each version.
    func shares(of component: String, from agent: AgentProcess) throws -> [String: Int] {
        Dictionary(grouping: try versions(of: component, from: agent).values) { $0 }.mapValues(\.count)
    }
}

/// Who gets which version of a component, answered by an agent.
@Suite("Components", .gently)
struct ComponentTests {
    private let crowd = Crowd(2_000)

    /// Three versions, two pilot groups that share a user, and a split.
    private static func document(
        pilots: [(String, String)] = [("early", "1.1"), ("brave", "2.0")], split: String = #"{"1.0": 80, "1.1": 15}"#,
        retired: String? = nil
    ) -> String {
        let versions = [("1.0", "blue"), ("1.1", "green"), ("2.0", "10.0.0.7:8080")].map { name, upstream in
            #""\#(name)": {"upstream": "\#(upstream)"\#(name == retired ? #", "state": "RETIRED""# : "")}"#
        }
        let list = pilots.map { #"{"pilot": "\#($0)", "version": "\#($1)"}"# }
        return """
            {"components": {"shop": {"versions": {\(versions.joined(separator: ", "))}, "defaultVersion": "1.0",
              "pilots": [\(list.joined(separator: ", "))], "split": \(split)}},
             "pilots": {"early": {"members": ["user-1", "user-2"]}, "brave": {"members": ["user-2", "user-3"]}}}
            """
    }

    private struct Told: Hashable {
        var version: String?
        var upstream: String?
        var reason: String?

        init(_ version: String?, _ upstream: String?, _ reason: String?) {
            self.version = version
            self.upstream = upstream
            self.reason = reason
        }
    }

    /// One user's answer by the command, by the load balancers' endpoint and by the binary protocol, which must agree.
    private func version(
        of component: String = "shop", for user: String?, _ cluster: Cluster
    ) async throws -> Told {
        let agent = cluster.agents[0]
        let key = user.map { ["--targeting-key", $0] } ?? []
        let told = try await Pilotlight.run(
            ["lookup", "--component", component, "--socket", agent.socket, "--json"] + key)
        #expect(told.code == 0 && told.json["component"]?.stringValue == component, "\(told)")
        let answer = Told(
            told.json["version"]?.stringValue, told.json["upstream"]?.stringValue, told.json["reason"]?.stringValue)
        let route = try agent.http(
            "GET", "/route/\(component)?header=X-User", headers: user.map { ["X-User": $0] } ?? [:])
        #expect(route.status == 204, "\(route.status) \(route.text)")
        #expect(
            route.header("Pilotlight-Version") == answer.version
                && route.header("Pilotlight-Upstream") == answer.upstream)
        let binary = try agent.connect().lookup(Crowd.key(of: component), targetingKey: user)
        #expect(binary.variant == answer.version && binary.value == answer.version.map { .string($0) })
        #expect(binary.reason.name == answer.reason && binary.error == nil)
        return answer
    }

    // MARK: Pilot groups

    @Test("a user in two version pilots gets the first in the component's order")
    func firstPilotWins() async throws {
        let cluster = try await Cluster(agents: 1)
        try cluster.control.deployed("shop", "1.1", "2.0")
        try await cluster.apply(Self.document(split: #"{"1.0": 100}"#))
        let both = try await version(for: "user-2", cluster)
        #expect(both == Told("1.1", "green", "TARGETING_MATCH"))
        #expect(try await version(for: "user-1", cluster).version == "1.1")
        #expect(try await version(for: "user-3", cluster) == Told("2.0", "10.0.0.7:8080", "TARGETING_MATCH"))
        #expect(try await version(for: "user-4", cluster).version == "1.0")

        // The other way round, by an order of its own.
        try await cluster.apply(Self.document(pilots: [("brave", "2.0"), ("early", "1.1")], split: #"{"1.0": 100}"#))
        #expect(try await version(for: "user-2", cluster).version == "2.0")
        // Taken out and put in again, a group comes behind; another version keeps its place.
        try await cluster.done("component", "pilot", "shop", "brave=")
        #expect(try await version(for: "user-3", cluster).version == "1.0")
        try await cluster.done("component", "pilot", "shop", "brave=2.0")
        #expect(try await version(for: "user-2", cluster).version == "1.1")
        try await cluster.done("component", "pilot", "shop", "early=1.0")
        #expect(try await version(for: "user-2", cluster).version == "1.0")
        let who = try await cluster.control.run("component", "who", "shop")
        #expect(
            who.output == """
                pilot group early\t1.0\tblue\t–
                pilot group brave\t2.0\t10.0.0.7:8080\t–
                10000 slots\t1.0\tblue\t100 %
                everyone else\t1.0\tblue\t–

                """, "\(who)")
    }

    @Test("a retired version in a pilot group's place, in slots and in a rollout gives the default version")
    func retiredIsServedToNobody() async throws {
        let cluster = try await Cluster(agents: 1)
        try await cluster.apply(Self.document())
        let before = try crowd.versions(of: "shop", from: cluster.agents[0])
        #expect(try await version(for: "user-3", cluster).version == "2.0")
        let retired = try await cluster.done("component", "retire-version", "shop", "2.0", "--message", "it leaks")
        #expect(retired.output.contains("2.0 retired"), "\(retired)")
        #expect(try await version(for: "user-3", cluster) == Told("1.0", "blue", "TARGETING_MATCH"))
        // Who is in both groups has the first one's, which isn't retired.
        #expect(try await version(for: "user-2", cluster).version == "1.1")
        let who = try await cluster.control.run("component", "who", "shop")
        #expect(who.output.contains("pilot group brave\t1.0, since 2.0 is retired\tblue\t–\n"), "\(who)")

        let after = try crowd.versions(of: "shop", from: cluster.agents[0])
        #expect(after.filter { $0.value != before[$0.key] } == ["user-3": "1.0"], "nobody else moves")
        // And back.
        try await cluster.done("component", "add-version", "shop", "2.0")
        #expect(try crowd.versions(of: "shop", from: cluster.agents[0]) == before)
        // A document may name a retired one from the start.
        try await cluster.apply(Self.document(retired: "1.1"))
        #expect(try await version(for: "user-1", cluster).version == "1.0")
        #expect(try crowd.shares(of: "shop", from: cluster.agents[0]).keys.sorted() == ["1.0", "2.0"])
    }

    // MARK: Nobody, and nothing

    @Test("without a targeting key it is the default version, unless one version is for everybody")
    func withoutTargetingKey() async throws {
        let cluster = try await Cluster(agents: 1)
        try cluster.control.deployed("shop", "1.1", "2.0")
        try await cluster.apply(Self.document(split: #"{"1.1": 99.99}"#))
        #expect(try await version(for: nil, cluster) == Told("1.0", "blue", "DEFAULT"))
        #expect(try await version(for: "", cluster).version == "1.0")
        try await cluster.done("component", "split", "shop", "1.1=100")
        #expect(try await version(for: nil, cluster) == Told("1.1", "green", "TARGETING_MATCH"))
        try await cluster.done("component", "create", "plain", "--version", "7")
        #expect(try await version(of: "plain", for: nil, cluster) == Told("7", nil, "STATIC"))
        #expect(try await version(of: "plain", for: "ann", cluster) == Told("7", nil, "STATIC"))
    }

    @Test("an unknown component is FLAG_NOT_FOUND, and flags aren't components nor components flags")
    func unknown() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try await cluster.apply(Self.document())
        try await cluster.apply(Fixture.flags("basket"))
        for name in ["shopp", "basket"] {
            let answer = try agent.connect().lookup(Crowd.key(of: name), targetingKey: "ann")
            #expect(answer.error == .flagNotFound && answer.errorDetails == "there is no component \"\(name)\"")
            #expect(try agent.http("GET", "/route/\(name)?header=X-User").status == 404)
            let lookup = try await Pilotlight.run(["lookup", "--component", name, "--socket", agent.socket])
            #expect(lookup.code == 1 && lookup.errors.contains("there is no component \"\(name)\""), "\(lookup)")
            #expect(lookup.errors.contains("hint: `pilotlight component list`"), "\(lookup)")
        }
        for words in [["component", "show", "shopp"], ["component", "who", "shopp"], ["component", "kill", "shopp"]] {
            let refused = try await Pilotlight.run(words + ["--control-url", cluster.control.url])
            #expect(refused.code == 1 && refused.errors.contains("did you mean \"shop\"?"), "\(refused)")
        }
        #expect(try await cluster.refused("flag", "show", "shop").contains("HTTP 404"))
        for key in ["shop", "%01shop"] {
            #expect(try agent.ofrep(key).json["errorCode"] == "FLAG_NOT_FOUND")
        }
        let all = try agent.http("POST", "/ofrep/v1/evaluate/flags", body: ["context": [:]])
        #expect(all.json["flags"]?.arrayValue?.compactMap { $0["key"]?.stringValue } == ["basket"], "\(all.text)")
        let nobody = try await Pilotlight.run(
            ["lookup", "--component", "shop", "--socket", cluster.directory.path("none.sock")])
        #expect(nobody.code == 1 && nobody.errors.contains("no agent answers on "), "\(nobody)")
    }

    // MARK: Kill

    @Test("a kill during a split gives everyone the default version, and unkill brings every version back")
    func killDuringSplit() async throws {
        let cluster = try await Cluster(agents: 1)
        let (control, agent) = (cluster.control, cluster.agents[0])
        try cluster.control.deployed("shop", "1.1", "2.0")
        try await cluster.apply(Self.document())
        try await cluster.done("component", "ramp", "shop", "--version", "2.0", "--percent", "10")
        let before = try crowd.answers(Crowd.key(of: "shop"), of: agent)
        #expect(Set(before.values.compactMap(\.variant)) == ["1.0", "1.1", "2.0"])
        func isKilled(serving version: String) throws -> Bool {
            try crowd.answers(Crowd.key(of: "shop"), of: agent).values
                .allSatisfy { $0.variant == version && $0.reason == "STATIC" }
        }
        let killed = try await cluster.done("component", "kill", "shop", "--message", "orders fail")
        #expect(killed.output.hasPrefix("shop: killed, serves 1.0\nrevision "), "\(killed)")
        #expect(try isKilled(serving: "1.0"))
        #expect(try await version(for: nil, cluster) == Told("1.0", "blue", "STATIC"))
        #expect(try await control.run("component", "show", "shop").output.hasPrefix("KILLED: everyone gets 1.0\n"))
        #expect(try await control.run("component", "list").output.hasSuffix("\teveryone gets 1.0\t–\n"))
        let again = try await cluster.done("component", "kill", "shop")
        #expect(again.output.contains("warning: ") && again.output.contains("nothing to change"), "\(again)")

        // What is set meanwhile waits behind it.
        try await cluster.done("component", "split", "shop", "1.1=100")
        #expect(try isKilled(serving: "1.0"))
        try await cluster.apply(Self.document())
        try await cluster.done("rollback", "2", "--pilots")
        #expect(try isKilled(serving: "1.0"))
        let exported = try await control.run("export")
        #expect(exported.code == 0 && !exported.output.contains("kill"), "\(exported)")
        // The version that it serves can't be retired under it.
        try await cluster.done("component", "kill", "shop", "--to", "1.1")
        #expect(try isKilled(serving: "1.1"))
        #expect(try await cluster.refused("component", "retire-version", "shop", "1.1").contains("kill"))
        #expect(try await cluster.refused("component", "kill", "shop", "--to", "3.0").contains("3.0"))

        let unkilled = try await cluster.done("component", "unkill", "shop", "--message", "mended")
        #expect(unkilled.output.hasPrefix("shop: not killed\nrevision "), "\(unkilled)")
        #expect(try crowd.answers(Crowd.key(of: "shop"), of: agent) == before)
        let history = try await control.run("history", "shop", "--kind", "component-kill")
        #expect(history.output.contains("orders fail\t+ component-kill shop  killed, serves 1.0"), "\(history)")
        #expect(history.output.contains("mended\t− component-kill shop  no longer killed"), "\(history)")
        // It goes with the component.
        try await cluster.done("component", "kill", "shop")
        try await cluster.done("component", "delete", "shop", "--yes")
        try await cluster.apply(Self.document())
        #expect(!(try isKilled(serving: "1.0")))
    }
}
