import Foundation

/// A moment as people read it: `2026-01-31 10:20:30 UTC`.
enum TimeText {
    static func of(unixSeconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(unixSeconds))
            .formatted(.iso8601.year().month().day().dateSeparator(.dash).time(includingFractionalSeconds: false))
            .replacing("T", with: " ").replacing("Z", with: "") + " UTC"
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}
