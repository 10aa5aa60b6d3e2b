/// A day of the week and a time of day, as local clocks show it: `fri 16:00`.
package struct WeeklyTime: Sendable, Hashable {
    /// From 0, a Monday.
    package var weekday: Int
    /// Into the day: 0…86,340.
    package var seconds: Int64

    package static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// Days may be written out, in any case. Nil for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let weekday = Self.weekday(String(words[0]).lowercased()),
            let time = CivilTime.numbers(words[1], ":", [2, 2]), time[0] < 24, time[1] < 60
        else { return nil }
        self.weekday = weekday
        seconds = Int64(time[0] * 3_600 + time[1] * 60)
    }

    private static func weekday(_ text: String) -> Int? {
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        return weekdays.firstIndex(of: text) ?? names.firstIndex(of: text)
    }

    package var text: String {
        let time = [seconds / 3_600, seconds / 60 % 60].map { CivilTime.digits(Int($0), 2) }
        return "\(Self.weekdays[weekday]) \(time[0]):\(time[1])"
    }

    /// Since Monday 00:00 by the clock: what tells which of two comes first.
    var ofWeek: Int64 { Int64(weekday) * 86_400 + seconds }

    /// In the week whose Monday has this day number.
    func time(inWeekOf monday: Int64) -> CivilTime { CivilTime(seconds: monday * 86_400 + ofWeek) }
}
