/// Pushed to a watching connection: at once when it begins to watch, then after each swap. Swaps that happen while the
/// connection can't take more are told together.
package struct ChangeNotice: Sendable, Hashable {
    package var stamp: StateStamp
    /// Nil: any flag's answer may differ (the first push, a resync, a new epoch, or too many keys to list).
    package var changedKeys: [String]?

    package init(stamp: StateStamp, changedKeys: [String]?) {
        self.stamp = stamp
        self.changedKeys = changedKeys
    }

    /// More keys than this are told as "everything".
    package static let maximumKeys = 1_000
    private static let everythingBit: UInt8 = 1

    package func write(id: UInt32, to bytes: inout [UInt8]) {
        Frame.write(.change, id: id, to: &bytes) { bytes in
            stamp.write(to: &bytes)
            bytes.append(changedKeys == nil ? Self.everythingBit : 0)
            bytes.append(integer: UInt32(changedKeys?.count ?? 0))
            for key in changedKeys ?? [] { bytes.append(shortText: key) }
        }
    }

    init(from fields: inout FieldReader) throws(FrameProblem) {
        stamp = try StateStamp(from: &fields)
        let bits = try fields.integer(UInt8.self)
        let count = try fields.integer(UInt32.self)
        var keys: [String] = []
        // Grows with the keys that are really there, not with what the count claims.
        for _ in 0..<count { try keys.append(fields.shortText()) }
        changedKeys = bits & Self.everythingBit == 0 ? keys : nil
        try fields.finish()
    }
}
