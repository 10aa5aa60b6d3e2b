/// How far a watcher has come. Decides what of a stream is new, what came before, and what can't be: a hole.
struct WatchPosition {
    /// The number of the last revision that was given out, or that the watch began after; nil before it began.
    private(set) var last: Int64?
    /// The last event's id as it came, which names the history besides the number; nil before the first event.
    private(set) var lastID: String?

    enum Verdict: Hashable {
        case new
        case repeated
        /// Numbers are dense but where an epoch begins: these are missing.
        case missing(ClosedRange<Int64>)
    }

    init(after: Int64? = nil) { last = after }

    /// The number in an event's id, `NUMBER-DIGEST`; nil if it has none.
    static func number(in id: String) -> Int64? {
        Int64(id.prefix { $0 != "-" })
    }

    /// The control node said after which number its stream goes on.
    mutating func began(after number: Int64?) {
        if last == nil { last = number }
    }

    mutating func take(_ number: Int64, beginsEpoch: Bool) -> Verdict {
        if let last {
            guard number > last else { return .repeated }
            if number > last + 1, !beginsEpoch { return .missing((last + 1)...(number - 1)) }
        }
        last = number
        return .new
    }

    /// Everything up to the event of this id was taken.
    mutating func came(to id: String?) {
        if let id { lastID = id }
    }
}
