import Agent
import Flags
import Glibc
import NIOCore
import Prometheus
import Replication

/// The agent's `/metrics`: counts of all loops summed, the live state, the process.
struct MetricsPage {
    var shared: ServerShared
    var snapshot: LiveSnapshot

    func render() -> [UInt8] {
        var page = PrometheusPage()
        state(&page)
        lookups(&page)
        connections(&page)
        process(&page)
        for more in shared.moreMetrics { more(&page) }
        return page.bytes
    }

    private func state(_ page: inout PrometheusPage) {
        let revision = snapshot.revision
        let staleness = shared.live.staleness(atNanoseconds: NIODeadline.now().uptimeNanoseconds)
        page.family("pilotlight_info", .gauge, help: "Always 1; says in its labels what this agent is.")
        page.sample(
            "pilotlight_info",
            [
                ("environment", shared.environment), ("epoch_id", revision?.epoch.idText ?? ""),
                ("version", shared.version),
            ], 1)
        page.gauge("pilotlight_ready", help: "1 once the agent holds confirmed state.", revision == nil ? 0 : 1)
        page.gauge("pilotlight_epoch_counter", help: "Epoch of the live state.", revision?.epoch.counter ?? 0)
        page.gauge("pilotlight_revision_number", help: "Number of the live state.", revision?.number ?? 0)
        let number = revision?.number ?? 0
        let heard = shared.live.heardNumber
        page.gauge(
            "pilotlight_lag_revisions", help: "Control's number, as last heard, minus the live one.",
            heard > number ? heard - number : 0)
        page.gauge(
            "pilotlight_stale", help: "1 without a heartbeat for longer than the limit.", staleness.isStale ? 1 : 0)
        if let silent = staleness.silentFor {
            page.gauge(
                "pilotlight_staleness_seconds", help: "Time since the control node was last heard.",
                Double(silent.wholeMilliseconds) / 1_000)
        }
        if let skew = shared.live.skew(atNanoseconds: NIODeadline.now().uptimeNanoseconds) {
            page.gauge(
                "pilotlight_clock_skew_seconds", help: "This agent's clock minus control's, by heartbeats.",
                Double(skew) / 1_000)
        }
        let health = shared.live.vitals.health
        page.family("pilotlight_service_health", .gauge, help: "1 for what the service beside this agent is.")
        for state in ServiceHealth.allCases {
            page.sample("pilotlight_service_health", [("state", "\(state)")], state == health ? 1 : 0)
        }
        page.gauge(
            "pilotlight_quarantined_entries", help: "Entries that can't be compiled here and keep an earlier form.",
            snapshot.quarantined.count)
        page.gauge("pilotlight_flags", help: "Flags in the live state.", snapshot.flags.flagCount)
        page.gauge("pilotlight_entries", help: "Entries of every kind in the live state.", snapshot.entryCount)
        page.counter("pilotlight_swaps_total", help: "Swaps of what lookups see.", shared.live.swaps)
        page.counter(
            "pilotlight_swapped_revisions_total", help: "Revisions that the swaps covered.", shared.swappedRevisions)
    }

    private func lookups(_ page: inout PrometheusPage) {
        let name = "pilotlight_lookups_total"
        page.family(name, .counter, help: "Flags and versions answered, by protocol, reason and error code.")
        for source in LookupSource.allCases {
            for reason in Reason.allCases where reason != .error {
                page.sample(
                    name, [("protocol", source.name), ("reason", reason.rawValue), ("error_code", "")],
                    sum(source, reason, nil))
            }
            for code in ErrorCode.allCases {
                page.sample(
                    name, [("protocol", source.name), ("reason", "ERROR"), ("error_code", code.rawValue)],
                    sum(source, .error, code))
            }
        }
        page.counter(
            "pilotlight_all_flags_lookups_total", help: "Requests for all flags at once.", shared.sum(.allFlagsLookups))
        page.counter("pilotlight_http_requests_total", help: "HTTP requests answered.", shared.sum(.httpRequests))
    }

    private func sum(_ source: LookupSource, _ reason: Reason, _ code: ErrorCode?) -> Int {
        shared.loopCounters.reduce(0) { $0 + $1.lookups(source, reason, code) }
    }

    private func connections(_ page: inout PrometheusPage) {
        let name = "pilotlight_connections"
        page.family(name, .gauge, help: "Open connections, by protocol.")
        page.sample(name, [("protocol", "http")], shared.sum(.httpConnections))
        page.sample(name, [("protocol", "binary")], shared.sum(.binaryConnections))
        page.sample(name, [("protocol", "undecided")], shared.sum(.undecidedConnections))
        page.counter(
            "pilotlight_connections_total", help: "Connections accepted.", shared.sum(.acceptedConnections))
        page.counter(
            "pilotlight_refused_connections_total", help: "Connections ended for what they sent, or didn't send.",
            shared.sum(.refusedConnections))
        page.gauge("pilotlight_watchers", help: "Connections that watch for changes.", shared.sum(.watchers))
        page.counter(
            "pilotlight_changes_pushed_total", help: "Change frames pushed to watchers.", shared.sum(.changesPushed))
    }

    private func process(_ page: inout PrometheusPage) {
        guard let resident = ResidentMemory.bytes() else { return }
        page.gauge("process_resident_memory_bytes", help: "Resident memory in bytes.", resident)
    }
}

/// What Linux says of this process's memory.
enum ResidentMemory {
    /// The second number of `/proc/self/statm`, in pages; nil where there is no /proc.
    static func bytes() -> Int? {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let fields = String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
