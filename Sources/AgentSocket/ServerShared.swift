import Agent
import NIOCore
import Prometheus
import Replication
import Synchronization

/// What all event loops of one server have in common.
final class ServerShared: Sendable {
    let configuration: LookupServerConfiguration
    let live: LiveState
    let environment: String
    let version: String
    let loopCounters: [LoopCounters]
    let moreMetrics: [@Sendable (inout PrometheusPage) -> Void]
    private let swapCounts = Mutex((last: UInt64(0), revisions: UInt64(0)))

    init(
        configuration: LookupServerConfiguration, live: LiveState, environment: String, version: String,
        moreMetrics: [@Sendable (inout PrometheusPage) -> Void]
    ) {
        self.configuration = configuration
        self.live = live
        self.environment = environment
        self.version = version
        self.moreMetrics = moreMetrics
        loopCounters = (0..<max(1, configuration.threads)).map { _ in LoopCounters() }
        let number = live.load().revision?.number ?? 0
        swapCounts.withLock { $0.last = number }
    }

    /// Counts how many revisions each swap covers. On the swapping thread.
    func swapped(to number: UInt64) {
        swapCounts.withLock { counts in
            if number > counts.last { counts.revisions += number - counts.last }
            counts.last = number
        }
    }

    var swappedRevisions: UInt64 { swapCounts.withLock { $0.revisions } }

    func sum(_ count: LoopCounters.Count) -> Int { loopCounters.reduce(0) { $0 + $1.value(count) } }

    func sum(_ gauge: LoopCounters.Gauge) -> Int { loopCounters.reduce(0) { $0 + $1.value(gauge) } }
}
