/// Lengths of time as people write them: `90s`, `30m`, `2h`, `1d`.
package enum DurationText {
    private static let units: [(suffix: Character, seconds: Int64)] = [
        ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    /// In the largest unit that gives a whole number; `0s` for none.
    package static func text(of seconds: Int64) -> String {
        for unit in units where seconds != 0 && seconds % unit.seconds == 0 {
            return "\(seconds / unit.seconds)\(unit.suffix)"
        }
        return "\(seconds)s"
    }

    /// In seconds. Nil for anything but digits and one unit, and for what 64 bits don't hold.
    package static func seconds(of text: String) -> Int64? {
        guard let last = text.last, let unit = units.first(where: { $0.suffix == last }) else { return nil }
        let digits = text.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(digits)
        else { return nil }
        let (seconds, isTooLong) = count.multipliedReportingOverflow(by: unit.seconds)
        return isTooLong ? nil : seconds
    }
}
