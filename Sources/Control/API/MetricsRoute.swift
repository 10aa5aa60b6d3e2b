import HashTreeCollections
import Releases
import Replication
import Synchronization

/// Prometheus' text format, written straight from what the parts count.
extension OperatorAPI {
    var metrics: Handler {
        { _ throws(Refusal) in
            let waiting = try await read { _ in try await webhook.waiting() }
            return .text(exposition(waiting), contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    /// - Parameter waiting: announcements that the webhook is yet to take.
    private func exposition(_ waiting: UInt64) -> String {
        var text = MetricsText()
        text.counter("pilotlight_control_changes_total", "Changes stored and published.", committer.changes)
        text.counter("pilotlight_control_commits_total", "Transactions that stored them.", committer.commits)
        text.counter("pilotlight_control_refusals_total", "Changes refused.", committer.refusals)
        text.counter(
            "pilotlight_control_deltas_published_total", "Deltas sent or announced to agents.",
            statistics.deltasPublished.read())
        text.counter("pilotlight_control_heartbeats_total", "Heartbeats sent.", statistics.heartbeats.read())
        text.counter("pilotlight_control_reports_total", "Reports received from agents.", statistics.reports.read())
        text.counter("pilotlight_control_catch_ups_total", "Catch-ups asked for.", statistics.catchUps.read())
        text.counter(
            "pilotlight_control_kills_sent_total", "Urgent copies of kills sent to agents.",
            statistics.killsSent.read())
        text.counter(
            "pilotlight_control_replies_dropped_total", "Replies whose agent was gone or full.",
            statistics.repliesDropped.read())
        text.counter(
            "pilotlight_control_malformed_total", "Messages that were not understood.", statistics.malformed.read())
        text.begin("pilotlight_control_catch_up_sessions", "Catch-ups that read a whole state now.", "gauge")
        text.sample(
            "pilotlight_control_catch_up_sessions", [], UInt64(max(0, statistics.sessions.load(ordering: .relaxed))))
        text.counter(
            "pilotlight_control_webhook_delivered_total", "Announcements that the webhook took.",
            webhook.statistics.delivered.read())
        text.counter(
            "pilotlight_control_webhook_failures_total", "Attempts that the webhook didn't take.",
            webhook.statistics.failures.read())
        text.begin("pilotlight_control_webhook_waiting", "Announcements that the webhook is yet to take.", "gauge")
        text.sample("pilotlight_control_webhook_waiting", [], waiting)
        let states = published.all
        perEnvironment(&text, states, "number", "Newest revision's number.") { $0.committed.revision.number }
        perEnvironment(&text, states, "epoch", "The epoch's counter.") { $0.committed.revision.epoch.counter }
        perEnvironment(&text, states, "entries", "Entries, memberships counted one by one.") {
            UInt64($0.committed.entryCount)
        }
        perEnvironment(&text, states, "blocked", "1 while no writes are taken.") { $0.log.blocked == nil ? 0 : 1 }
        text.begin("pilotlight_control_agents", "Agents by state.", "gauge")
        for state in states {
            let fleet = registry.fleet(of: state.name)
            for kind in [Registry.State.live, .silent, .gone] {
                text.sample(
                    "pilotlight_control_agents", [("environment", state.name), ("state", kind.rawValue)],
                    UInt64(fleet.count { $0.state == kind }))
            }
        }
        text.begin("pilotlight_releases", "Releases by state.", "gauge")
        for state in states {
            let counts = Dictionary(state.releases.values.map { ($0.state, UInt64(1)) }, uniquingKeysWith: +)
            for kind in ReleaseState.allCases {
                text.sample(
                    "pilotlight_releases", [("environment", state.name), ("state", kind.rawValue)], counts[kind] ?? 0)
            }
        }
        return text.text
    }

    private func perEnvironment(
        _ text: inout MetricsText, _ states: [EnvironmentState], _ name: String, _ help: String,
        _ value: (EnvironmentState) -> UInt64
    ) {
        let metric = "pilotlight_control_environment_" + name
        text.begin(metric, help, "gauge")
        for state in states { text.sample(metric, [("environment", state.name)], value(state)) }
    }
}

/// Lines of the text exposition format, version 0.0.4. Label values here are names that need no escaping.
private struct MetricsText {
    private(set) var text = ""

    mutating func begin(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: UInt64) {
        let list = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }

    mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        begin(name, help, "counter")
        sample(name, [], value)
    }
}
