import ArgumentParser
import Control

/// `90d`, `36h`: history of that age; `100000`: so many revisions.
struct HistoryAmount: ExpressibleByArgument {
    var keep: HistoryKeep

    init?(argument: String) {
        if let count = UInt64(argument) {
            guard count > 0 else { return nil }
            keep = .revisions(count)
        } else {
            guard let span = TimeSpan(argument: argument), span.duration >= .milliseconds(1) else { return nil }
            let parts = span.duration.components
            keep = .milliseconds(UInt64(parts.seconds) * 1_000 + UInt64(parts.attoseconds / 1_000_000_000_000_000))
        }
    }
}
