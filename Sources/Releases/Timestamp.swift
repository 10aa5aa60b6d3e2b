/// Moments as RFC 3339 writes them.
package enum Timestamp {
    /// The year 9999's last second: a time in milliseconds is far beyond it.
    package static let latest: Int64 = 253_402_300_799

    /// `2026-12-01T09:00:00Z`
    package static func text(seconds: Int64) -> String {
        let time = CivilTime(seconds: seconds)
        let parts = [time.hour, time.minute, time.second].map { CivilTime.digits($0, 2) }
        return "\(time.dateText)T\(parts.joined(separator: ":"))Z"
    }

    /// `2026-12-01T09:00:00.250Z`
    package static func text(milliseconds: Int64) -> String {
        let seconds = CivilTime.floored(milliseconds, by: 1_000)
        return text(seconds: seconds).dropLast() + ".\(CivilTime.digits(Int(milliseconds - seconds * 1_000), 3))Z"
    }

    /// Seconds since 1970; a fraction is dropped. Nil for anything else, and outside of 1970 to 9999.
    package static func seconds(of text: String) -> Int64? {
        milliseconds(of: text).map { $0 / 1_000 }
    }

    /// The same, to the millisecond.
    package static func milliseconds(of text: String) -> Int64? {
        guard text.utf8.count >= 20, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let civil = text.prefix(19)
        let separator = civil.dropFirst(10).first
        guard separator == "T" || separator == "t" || separator == " ",
            let time = CivilTime(civil.prefix(10) + "T" + civil.dropFirst(11))
        else { return nil }
        var rest = text.dropFirst(19)
        var milliseconds: Int64 = 0
        if rest.first == "." {
            let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty else { return nil }
            milliseconds = Int64(String((digits + "00").prefix(3))) ?? 0
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offset(rest) else { return nil }
        let seconds = time.seconds - offset
        return (0...latest).contains(seconds) ? seconds * 1_000 + milliseconds : nil
    }

    /// `Z`, `+01:00`, in seconds.
    private static func offset(_ text: Substring) -> Int64? {
        if text == "Z" || text == "z" { return 0 }
        guard let sign = text.first, sign == "+" || sign == "-",
            let parts = CivilTime.numbers(text.dropFirst(), ":", [2, 2]), parts[0] < 24, parts[1] < 60
        else { return nil }
        return Int64(parts[0] * 3_600 + parts[1] * 60) * (sign == "+" ? 1 : -1)
    }
}
