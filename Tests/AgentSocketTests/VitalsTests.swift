import Agent
import AgentSocket
import Harness
import JSON
import NIOCore
import Replication
import Testing

/// What an agent says of itself to probes and scrapers.
@Suite struct VitalsTests {
    private static func health(_ agent: ServedAgent) throws -> JSONValue {
        try HTTPConnection.request(agent.socket, "GET", "/healthz").json
    }

    private static func metrics(_ agent: ServedAgent) throws -> String {
        try HTTPConnection.request(agent.socket, "GET", "/metrics").text
    }

    @Test func theServicesHealthIsShown() async throws {
        try await serving { agent in
            for (health, name) in [
                (ServiceHealth.unchecked, "unchecked"), (.failing, "failing"), (.passing, "passing"),
                (.unknown, "unknown"),
            ] {
                agent.live.vitals.health = health
                #expect(try Self.health(agent)["serviceHealth"] == .string(name))
                // A service that isn't well is no reason to restart its agent.
                #expect(try Self.health(agent)["status"] == "ok")
                let page = try Self.metrics(agent)
                for other in ["unchecked", "failing", "passing"] {
                    let line = "pilotlight_service_health{state=\"\(other)\"} \(other == name ? 1 : 0)\n"
                    #expect(page.contains(line), "\(page)")
                }
            }
        }
    }

    /// The skew as both show it.
    private static func skew(_ agent: ServedAgent) throws -> String {
        let lines = try metrics(agent).split(separator: "\n")
        let metric = lines.first { $0.hasPrefix("pilotlight_clock_skew_seconds ") }
        return "\(try health(agent)["skewMs"]?.compactText() ?? "none") \(metric ?? "none")"
    }

    @Test func theClocksSkewIsShownWhileControlIsHeard() async throws {
        try await serving { agent in
            agent.live.vitals.measuredSkew = -1_250
            let unheard = try Self.skew(agent)
            #expect(unheard == "null none")
            agent.heard(42)
            let heard = try Self.skew(agent)
            #expect(heard == "-1250 pilotlight_clock_skew_seconds -1.25")
            agent.live.heard(number: 42, atNanoseconds: NIODeadline.now().uptimeNanoseconds - 6_000_000_000)
            let long = try Self.skew(agent)
            #expect(long == "null none")
        }
    }
}
