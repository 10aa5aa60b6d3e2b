import CoreMetrics
import Prometheus
import Testing

@Suite struct PrometheusRegistryTests {
    @Test func whatIsRecordedIsRendered() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "catch.ups", dimensions: [("kind", "de\"lta")], factory: registry)
        counter.increment()
        Counter(label: "catch.ups", dimensions: [("kind", "de\"lta")], factory: registry).increment(by: 2)
        Meter(label: "depth", factory: registry).set(4)
        let timer = Timer(label: "commit", factory: registry)
        timer.recordNanoseconds(3_000_000)
        timer.recordNanoseconds(20_000_000_000)
        let text = rendered(registry)
        #expect(text.contains("# TYPE catch_ups_total counter\ncatch_ups_total{kind=\"de\\\"lta\"} 3\n"))
        #expect(text.contains("# TYPE depth gauge\ndepth 4.0\n"))
        #expect(text.contains("commit_seconds_bucket{le=\"0.0025\"} 0\n"))
        #expect(text.contains("commit_seconds_bucket{le=\"0.005\"} 1\n"))
        #expect(text.contains("commit_seconds_bucket{le=\"+Inf\"} 2\n"))
        #expect(text.contains("commit_seconds_sum 20.003\n"))
        #expect(text.contains("commit_seconds_count 2\n"))
    }

    @Test func aNameOfTwoKindsIsShownOnce() {
        let registry = PrometheusRegistry()
        Meter(label: "depth", factory: registry).set(1)
        Recorder(label: "depth", factory: registry).record(7)
        #expect(rendered(registry) == "# TYPE depth gauge\ndepth 1.0\n")
    }

    @Test func whatIsDestroyedIsGone() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "x", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(rendered(registry) == "")
    }

    private func rendered(_ registry: PrometheusRegistry) -> String {
        var page = PrometheusPage()
        registry.render(to: &page)
        return String(decoding: page.bytes, as: UTF8.self)
    }
}
