/// A date of the Gregorian calendar and a time of day, of no time zone by themselves.
package struct CivilTime: Sendable, Hashable {
    package var year: Int
    /// 1…12
    package var month: Int
    /// 1…31
    package var day: Int
    /// 0…23
    package var hour: Int
    package var minute: Int
    package var second: Int

    /// Nil for what no calendar or clock shows; a leap second isn't taken.
    package init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard (1...9_999).contains(year), (1...12).contains(month),
            (1...Self.days(in: month, of: year)).contains(day), (0...23).contains(hour), (0...59).contains(minute),
            (0...59).contains(second)
        else { return nil }
        self.init(unchecked: year, month, day, hour, minute, second)
    }

    private init(unchecked year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Seconds since 1970 as if this were the time in UTC.
    package init(seconds: Int64) {
        let day = Self.floored(seconds, by: 86_400)
        let time = Int(seconds - day * 86_400)
        // Years begin in March here, so that a leap day is the last of one.
        let shifted = day + 719_468
        let era = Self.floored(shifted, by: 146_097)
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let march = (5 * ofYear + 2) / 153
        let month = Int(march < 10 ? march + 3 : march - 9)
        self.init(
            unchecked: Int(year + era * 400) + (month <= 2 ? 1 : 0), month, Int(ofYear - (153 * march + 2) / 5 + 1),
            time / 3_600, time / 60 % 60, time % 60)
    }

    /// Seconds since 1970 if this is the time in UTC.
    package var seconds: Int64 { dayNumber * 86_400 + Int64(hour * 3_600 + minute * 60 + second) }

    /// Days since 1970-01-01, a Thursday.
    package var dayNumber: Int64 {
        let year = Int64(month <= 2 ? self.year - 1 : self.year)
        let era = Self.floored(year, by: 400)
        let ofEra = year - era * 400
        let march = Int64(month > 2 ? month - 3 : month + 9)
        let ofYear = (153 * march + 2) / 5 + Int64(day) - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    /// `2026-12-24`
    package var dateText: String { "\(Self.digits(year, 4))-\(Self.digits(month, 2))-\(Self.digits(day, 2))" }

    /// `16:00`, or `16:00:30` where there are seconds.
    package var timeText: String {
        "\(Self.digits(hour, 2)):\(Self.digits(minute, 2))" + (second == 0 ? "" : ":\(Self.digits(second, 2))")
    }

    /// `2026-12-24 16:00`; a `T` between the two is taken as well, and so is a date alone. Nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == " " || $0 == "T" })
        guard let date = parts.first.flatMap({ Self.numbers($0, "-", [4, 2, 2]) }) else { return nil }
        guard parts.count == 2 else {
            self.init(year: date[0], month: date[1], day: date[2])
            return
        }
        guard let time = Self.numbers(parts[1], ":", [2, 2]) ?? Self.numbers(parts[1], ":", [2, 2, 2]) else {
            return nil
        }
        self.init(
            year: date[0], month: date[1], day: date[2], hour: time[0], minute: time[1],
            second: time.count == 3 ? time[2] : 0)
    }

    /// Numbers of so many digits each.
    static func numbers(_ text: Substring, _ separator: Character, _ lengths: [Int]) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == lengths.count else { return nil }
        var numbers: [Int] = []
        for (part, length) in zip(parts, lengths) {
            guard part.utf8.count == length, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(part)
            else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }

    static func floored(_ number: Int64, by divisor: Int64) -> Int64 {
        let (quotient, rest) = number.quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
