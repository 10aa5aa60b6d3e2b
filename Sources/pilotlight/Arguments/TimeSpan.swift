import ArgumentParser

/// A length of time as one types it: `500ms`, `10s`, `2m`, `1h`, `90d`; a bare number is seconds.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
    var duration: Duration
    private var text: String

    init?(argument: String) {
        let units: [(suffix: String, milliseconds: Double)] = [
            ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        let unit = units.first { argument.hasSuffix($0.suffix) }
        let digits = argument.dropLast(unit?.suffix.count ?? 0)
        guard let amount = Double(digits), amount.isFinite, amount >= 0, amount <= 1e9 else { return nil }
        duration = .milliseconds(Int64(amount * (unit?.milliseconds ?? 1_000)))
        text = argument
    }

    init(seconds: Int) {
        duration = .seconds(seconds)
        text = "\(seconds)s"
    }

    var seconds: Double { Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18 }

    var defaultValueDescription: String { text }
    var description: String { text }
}
