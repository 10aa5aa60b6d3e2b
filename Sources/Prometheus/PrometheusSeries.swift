import CoreMetrics
import Synchronization

final class PrometheusCounter: PrometheusSeries, CounterHandler {
    private let labels: [(String, String)]
    private let count = Atomic<Int64>(0)

    init(labels: [(String, String)]) { self.labels = labels }

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }

    func render(name: String, to page: inout PrometheusPage) {
        page.sample(name, labels, count.load(ordering: .relaxed))
    }
}

final class PrometheusFloatingPointCounter: PrometheusSeries, FloatingPointCounterHandler {
    private let labels: [(String, String)]
    private let sum = Mutex(0.0)

    init(labels: [(String, String)]) { self.labels = labels }

    func increment(by amount: Double) { sum.withLock { $0 += amount } }
    func reset() { sum.withLock { $0 = 0 } }

    func render(name: String, to page: inout PrometheusPage) {
        page.sample(name, labels, sum.withLock { $0 })
    }
}

final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    private let labels: [(String, String)]
    private let value = Mutex(0.0)

    init(labels: [(String, String)]) { self.labels = labels }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func render(name: String, to page: inout PrometheusPage) {
        page.sample(name, labels, value.withLock { $0 })
    }
}

final class PrometheusSummary: PrometheusSeries, RecorderHandler {
    private let labels: [(String, String)]
    private let state = Mutex((count: UInt64(0), sum: 0.0))

    init(labels: [(String, String)]) { self.labels = labels }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        state.withLock { state in
            state.count += 1
            state.sum += value
        }
    }

    func render(name: String, to page: inout PrometheusPage) {
        let state = state.withLock { $0 }
        page.sample(name + "_sum", labels, state.sum)
        page.sample(name + "_count", labels, state.count)
    }
}

final class PrometheusTimer: PrometheusSeries, TimerHandler {
    /// Upper bounds in seconds: from a lookup's microseconds to a catch-up's seconds.
    private static let bounds = [
        0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct State {
        var counts = [UInt64](repeating: 0, count: bounds.count)
        var count: UInt64 = 0
        var sum = 0.0
    }

    private let labels: [(String, String)]
    private let state = Mutex(State())

    init(labels: [(String, String)]) { self.labels = labels }

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        state.withLock { state in
            state.count += 1
            state.sum += seconds
            if let index = Self.bounds.firstIndex(where: { seconds <= $0 }) { state.counts[index] += 1 }
        }
    }

    func render(name: String, to page: inout PrometheusPage) {
        let state = state.withLock { $0 }
        var below: UInt64 = 0
        for (bound, count) in zip(Self.bounds, state.counts) {
            below += count
            page.sample(name + "_bucket", labels + [("le", PrometheusPage.number(bound))], below)
        }
        page.sample(name + "_bucket", labels + [("le", "+Inf")], state.count)
        page.sample(name + "_sum", labels, state.sum)
        page.sample(name + "_count", labels, state.count)
    }
}
