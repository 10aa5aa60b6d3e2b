import CoreMetrics
import Synchronization

/// The backend of swift-metrics: keeps what libraries and rooms record, and renders it as Prometheus text.
///
/// Labels become names that Prometheus takes (`zmq.dropped` is `zmq_dropped`); counters end in `_total`, timers are
/// histograms in `_seconds`. Hot paths don't come through here: they count per event loop and render their own samples.
package final class PrometheusRegistry: MetricsFactory {
    private struct Family {
        var kind: PrometheusPage.Kind
        var series: [[String]: any PrometheusSeries] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    package init() {}

    /// Appends every family, by name.
    package func render(to page: inout PrometheusPage) {
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            page.family(name, family.kind)
            for (_, series) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                series.render(name: name, to: &page)
            }
        }
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(Self.name(label, suffix: "_total"), .counter, dimensions, PrometheusCounter.init)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(Self.name(label, suffix: "_total"), .counter, dimensions, PrometheusFloatingPointCounter.init)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(Self.name(label), .gauge, dimensions, PrometheusGauge.init)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate
            ? series(Self.name(label), .summary, dimensions, PrometheusSummary.init)
            : series(Self.name(label), .gauge, dimensions, PrometheusGauge.init)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(Self.name(label, suffix: "_seconds"), .histogram, dimensions, PrometheusTimer.init)
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    // MARK: Series

    /// The same label and dimensions always give the same series. A name that is taken by another kind gives a series
    /// that counts but is not shown: Prometheus refuses a page with one name of two kinds.
    private func series<Series: PrometheusSeries>(
        _ name: String, _ kind: PrometheusPage.Kind, _ dimensions: [(String, String)],
        _ make: ([(String, String)]) -> Series
    ) -> Series {
        let labels = dimensions.map { (Self.name($0.0), $0.1) }.sorted { $0.0 < $1.0 }
        let key = labels.flatMap { [$0.0, $0.1] }
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            guard family.kind == kind else { return make(labels) }
            if let series = family.series[key] { return series as? Series ?? make(labels) }
            let series = make(labels)
            family.series[key] = series
            families[name] = family
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                guard let key = family.series.first(where: { $0.value === handler })?.key else { continue }
                families[name]?.series[key] = nil
                if families[name]?.series.isEmpty == true { families[name] = nil }
            }
        }
    }

    /// Letters, digits, `_` and `:`, not beginning with a digit.
    static func name(_ label: String, suffix: String = "") -> String {
        var name = String(
            decoding: label.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
                    byte
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
        if name.isEmpty || name.utf8.first.map({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) == true {
            name = "_" + name
        }
        return name.hasSuffix(suffix) ? name : name + suffix
    }
}

/// One line, or one histogram, under a family's name.
protocol PrometheusSeries: AnyObject, Sendable {
    func render(name: String, to page: inout PrometheusPage)
}
