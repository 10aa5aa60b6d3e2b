import JSON

/// Every freeze window of one environment.
package struct FreezeCalendar: Sendable, Hashable {
    /// By name.
    package private(set) var windows: [FreezeWindow]

    package init(_ windows: some Sequence<FreezeWindow> = []) {
        self.windows = windows.sorted { $0.name.precedesInBytes($1.name) }
    }

    package func window(_ name: String) -> FreezeWindow? { windows.first { $0.name.isExactly(name) } }

    /// In place of an earlier one of that name.
    package mutating func put(_ window: FreezeWindow) {
        self = FreezeCalendar(windows.filter { !$0.name.isExactly(window.name) } + [window])
    }

    /// Returns what was there.
    @discardableResult
    package mutating func remove(_ name: String) -> FreezeWindow? {
        let found = window(name)
        windows.removeAll { $0.name.isExactly(name) }
        return found
    }

    /// The window that covers a moment, in seconds since 1970, with when it began and ends; of several, the one that lasts
    /// longest.
    package func occurrence(at seconds: Int64) -> FreezeWindow.Occurrence? {
        windows.compactMap { $0.occurrence(at: seconds) }.max { $0.until < $1.until }
    }

    /// Windows that follow on each other.
    package struct Frozen: Sendable, Hashable {
        /// That covers the moment.
        package var first: FreezeWindow.Occurrence
        /// With which it ends; where they follow on each other for more than a year, the one that is on then.
        package var last: FreezeWindow.Occurrence
        /// When no window covers it any more. Nil where they follow on each other for more than a year.
        package var end: Int64?
    }

    /// What covers a moment, windows that follow on each other counted as one. Nil where none covers it.
    package func frozen(at seconds: Int64) -> Frozen? {
        guard let first = occurrence(at: seconds) else { return nil }
        var last = first
        while let next = occurrence(at: last.until) {
            guard last.until - seconds < 366 * 86_400 else { return Frozen(first: first, last: last, end: nil) }
            last = next
        }
        return Frozen(first: first, last: last, end: last.until)
    }

    /// When no window covers that moment any more. Nil where none covers it, or where they follow on each
    /// other for more than a year.
    package func end(after seconds: Int64) -> Int64? { frozen(at: seconds)?.end }

    /// What overlaps the time between two moments, in order.
    package func occurrences(from: Int64, until: Int64) -> [FreezeWindow.Occurrence] {
        windows.flatMap { $0.occurrences(from: from, until: until) }.sorted {
            ($0.from, $0.until) < ($1.from, $1.until)
        }
    }
}
