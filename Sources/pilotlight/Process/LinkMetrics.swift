import Agent
import Prometheus
import Synchronization

/// The link to control on the agent's `/metrics`.
enum LinkMetrics {
    static func render(_ counters: LinkCounters, to page: inout PrometheusPage) {
        func total(_ name: String, _ help: String, _ value: UInt64) {
            page.counter("pilotlight_link_\(name)_total", help: help, value)
        }
        total("commits", "Transactions on the cache.", counters.commits.load(ordering: .relaxed))
        total("deltas", "Revisions that came as deltas.", counters.deltas.load(ordering: .relaxed))
        total("snapshots", "States that were fetched by manifest.", counters.snapshots.load(ordering: .relaxed))
        total("gaps", "Gaps noticed.", counters.gaps.load(ordering: .relaxed))
        total(
            "digest_mismatches", "States whose digest was not control's.",
            counters.digestMismatches.load(ordering: .relaxed))
        total("cache_failures", "Commits to the cache that failed.", counters.cacheFailures.load(ordering: .relaxed))
        total(
            "malformed_messages", "Messages that were not understood.",
            counters.malformedMessages.load(ordering: .relaxed))
        total("connects", "Connections made to control nodes.", counters.connects.load(ordering: .relaxed))
        total("reports", "Reports sent.", counters.reports.load(ordering: .relaxed))
        total("urgent_kills", "Kills that came ahead of their turn.", counters.urgentKills.load(ordering: .relaxed))
        page.gauge(
            "pilotlight_link_kills_ahead", help: "Kills in force that have not come in their turn yet.",
            counters.killsAhead.load(ordering: .relaxed))
        page.gauge(
            "pilotlight_link_connected", help: "Control nodes whose sync connection stands.",
            counters.connected.load(ordering: .relaxed))
        page.gauge(
            "pilotlight_link_conflict", help: "1 while the state is kept against another history.",
            counters.conflicts.load(ordering: .relaxed))
    }
}
