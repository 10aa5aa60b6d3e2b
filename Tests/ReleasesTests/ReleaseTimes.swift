import Flags
import JSON
import Releases
import Testing

enum ReleaseTimes {
    /// A freeze of two hours.
    static func window(around seconds: Int64) -> FreezeWindow? {
        FreezeWindow.read(
            "now",
            .object([
                "from": .string(Timestamp.text(seconds: seconds - 3_600)),
                "until": .string(Timestamp.text(seconds: seconds + 3_600)), "reason": "audit",
            ])
        ).window
    }

    static func moment(_ text: String) -> Int64 { Timestamp.seconds(of: text) ?? -1 }
}
