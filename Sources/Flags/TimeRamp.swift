import JSON

/// A share that moves by itself from one time to another, by each agent's clock, in at most a hundred steps.
package struct TimeRamp: Sendable, Hashable {
    package var from: Percentage
    package var to: Percentage
    /// Seconds since 1970: `from` until here.
    package var start: Int64
    /// Seconds since 1970: `to` from here on.
    package var end: Int64

    package init(from: Percentage, to: Percentage, start: Int64, end: Int64) {
        self.from = from
        self.to = to
        self.start = start
        self.end = end
    }

    package static let mostSteps = 100

    package struct Step: Sendable, Hashable {
        /// Seconds since 1970 from which the share holds.
        package var at: Int64
        package var percentage: Percentage
    }

    /// Rising in time, the last one `to` at `end`. None where the share doesn't move.
    package var steps: [Step] {
        let distance = to.hundredths - from.hundredths
        let count = Int(min(Int64(min(abs(distance), Self.mostSteps)), max(end - start, 0)))
        guard count > 0 else { return [] }
        return (1...count).compactMap { index in
            let share = from.hundredths + distance * index / count
            return Percentage(hundredths: share).map {
                Step(at: start + Self.part(index, of: count, in: end - start), percentage: $0)
            }
        }
    }

    /// `length` × `index` / `count`, rounded up, without a product that could overflow.
    private static func part(_ index: Int, of count: Int, in length: Int64) -> Int64 {
        let (whole, rest) = length.quotientAndRemainder(dividingBy: Int64(count))
        return whole * Int64(index) + (rest * Int64(index) + Int64(count) - 1) / Int64(count)
    }

    package func percentage(at unixSeconds: Int64) -> Percentage {
        steps.last { $0.at <= unixSeconds }?.percentage ?? (unixSeconds >= end ? to : from)
    }

    package var json: JSONValue {
        .object(["from": from.json, "to": to.json, "start": .integer(start), "end": .integer(end)])
    }
}
