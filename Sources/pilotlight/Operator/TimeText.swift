import Foundation
import JSON
import Releases

/// A moment as people read it: `2026-01-31 10:20:30 UTC`.
enum TimeText {
    static func of(unixSeconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(unixSeconds))
            .formatted(.iso8601.year().month().day().dateSeparator(.dash).time(includingFractionalSeconds: false))
            .replacing("T", with: " ").replacing("Z", with: "") + " UTC"
    }

    /// Of what the operator API gives: RFC 3339, or a whole number of seconds or, beyond the year 5000, of milliseconds.
    static func of(_ json: JSONValue?) -> String? { unixSeconds(json).map { of(unixSeconds: $0) } }

    static func unixSeconds(_ json: JSONValue?) -> Int64? {
        if let number = json?.integerValue { return number > 100_000_000_000 ? number / 1_000 : number }
        return json?.stringValue.flatMap { Timestamp.seconds(of: $0) }
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}
