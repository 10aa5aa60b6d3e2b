import ArgumentParser
import Foundation
import Releases

/// A moment as one types it: RFC 3339 with its offset (`2026-12-01T09:00:00+01:00`), or so long from now (`+2h`). Read as the
/// control node reads it: a day that isn't in the calendar is none.
struct Instant: ExpressibleByArgument {
    let unixSeconds: Int64

    init?(argument: String) {
        if argument.hasPrefix("+") {
            guard let span = TimeSpan(argument: String(argument.dropFirst())) else { return nil }
            // To the second, as everything that opens or ends.
            let seconds = (Date().timeIntervalSince1970 + span.seconds).rounded(.up)
            guard seconds <= Double(Timestamp.latest) else { return nil }
            unixSeconds = Int64(seconds)
        } else {
            guard let seconds = Timestamp.seconds(of: argument) else { return nil }
            unixSeconds = seconds
        }
    }

    /// As the operator API takes it: RFC 3339 in UTC.
    var text: String { Timestamp.text(seconds: unixSeconds) }
}
