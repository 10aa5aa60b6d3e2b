/// Writes the fields of a message: integers little-endian, strings and bytes behind their length (UInt32, in bytes).
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int = 128) { bytes.reserveCapacity(capacity) }

    mutating func u8(_ value: UInt8) { bytes.append(value) }

    mutating func u16(_ value: UInt16) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func u32(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func u64(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func flag(_ value: Bool) { u8(value ? 1 : 0) }

    mutating func string(_ value: String) {
        u32(UInt32(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    mutating func blob(_ value: [UInt8]) {
        u32(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func strings(_ values: [String]) {
        u32(UInt32(values.count))
        for value in values { string(value) }
    }

    mutating func epoch(_ value: Epoch) {
        u64(value.counter)
        u64(value.id)
    }

    mutating func revision(_ value: Revision) {
        epoch(value.epoch)
        u64(value.number)
    }

    mutating func optionalRevision(_ value: Revision?) {
        flag(value != nil)
        if let value { revision(value) }
    }

    mutating func digest(_ value: Digest) {
        u64(value.lane0)
        u64(value.lane1)
        u64(value.lane2)
        u64(value.lane3)
    }

    mutating func key(_ value: EntryKey) {
        u8(value.kind.rawValue)
        string(value.name)
    }
}
