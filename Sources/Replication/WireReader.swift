/// Reads what `WireWriter` writes. Every length is checked against what is left, so that no message, however mangled,
/// reads past its end or makes room for more than it holds.
struct WireReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    private mutating func take(_ count: Int) throws(MalformedMessage) -> Range<Int> {
        guard count >= 0, remaining >= count else {
            throw MalformedMessage(reason: "ends \(count - remaining) bytes too early", offset: position)
        }
        defer { position += count }
        return position..<position + count
    }

    private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(MalformedMessage) -> T {
        let range = try take(MemoryLayout<T>.size)
        return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self)) }
    }

    mutating func u8() throws(MalformedMessage) -> UInt8 { try integer(UInt8.self) }
    mutating func u16() throws(MalformedMessage) -> UInt16 { try integer(UInt16.self) }
    mutating func u32() throws(MalformedMessage) -> UInt32 { try integer(UInt32.self) }
    mutating func u64() throws(MalformedMessage) -> UInt64 { try integer(UInt64.self) }

    mutating func flag() throws(MalformedMessage) -> Bool {
        let value = try u8()
        guard value <= 1 else { throw MalformedMessage(reason: "\(value) where 0 or 1 belongs", offset: position - 1) }
        return value == 1
    }

    mutating func string() throws(MalformedMessage) -> String {
        let range = try take(Int(try u32()))
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw MalformedMessage(reason: "a string that isn't UTF-8", offset: range.lowerBound)
        }
        return text
    }

    mutating func blob() throws(MalformedMessage) -> [UInt8] { Array(bytes[try take(Int(try u32()))]) }

    /// A count of items that take at least `smallest` bytes each.
    mutating func count(smallest: Int) throws(MalformedMessage) -> Int {
        let count = Int(try u32())
        guard count <= remaining / max(1, smallest) else {
            throw MalformedMessage(
                reason: "a list of \(count) items doesn't fit in \(remaining) bytes", offset: position)
        }
        return count
    }

    mutating func strings() throws(MalformedMessage) -> [String] {
        let count = try count(smallest: 4)
        var values: [String] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try string()) }
        return values
    }

    mutating func epoch() throws(MalformedMessage) -> Epoch { Epoch(counter: try u64(), id: try u64()) }

    mutating func revision() throws(MalformedMessage) -> Revision { Revision(epoch: try epoch(), number: try u64()) }

    mutating func optionalRevision() throws(MalformedMessage) -> Revision? { try flag() ? try revision() : nil }

    mutating func digest() throws(MalformedMessage) -> Digest { Digest(try u64(), try u64(), try u64(), try u64()) }

    mutating func key() throws(MalformedMessage) -> EntryKey { EntryKey(EntryKind(rawValue: try u8()), try string()) }

    func end() throws(MalformedMessage) {
        guard remaining == 0 else {
            throw MalformedMessage(reason: "\(remaining) bytes too many", offset: position)
        }
    }
}

/// A message that isn't what its kind and version say.
package struct MalformedMessage: Error, Sendable, Hashable, CustomStringConvertible {
    package var reason: String
    /// Bytes from the start of the message.
    package var offset: Int

    package var description: String { "malformed message: \(reason) (at byte \(offset))" }
}
