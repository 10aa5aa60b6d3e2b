/// Reads the fields of one payload, in order. Never reads past the end: a lying length is a `FrameProblem`.
struct FieldReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset: Int

    /// Starts behind the frame's type and request id.
    init(payload: UnsafeRawBufferPointer) {
        bytes = payload
        offset = Frame.headerLength
    }

    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(FrameProblem) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard bytes.count - offset >= size else { throw .truncated(at: offset) }
        defer { offset += size }
        return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }

    mutating func shortText() throws(FrameProblem) -> String {
        try text(count: Int(integer(UInt16.self)))
    }

    mutating func longText() throws(FrameProblem) -> String {
        try text(count: Int(integer(UInt32.self)))
    }

    mutating func longBytes() throws(FrameProblem) -> [UInt8] {
        try [UInt8](slice(count: Int(integer(UInt32.self))))
    }

    /// Every byte must have been a field.
    func finish() throws(FrameProblem) {
        guard offset == bytes.count else { throw .trailingBytes(bytes.count - offset) }
    }

    private mutating func text(count: Int) throws(FrameProblem) -> String {
        let start = offset
        let slice = try slice(count: count)
        guard let text = String(validating: slice, as: UTF8.self) else { throw .notUTF8(at: start) }
        return text
    }

    private mutating func slice(count: Int) throws(FrameProblem) -> UnsafeRawBufferPointer {
        guard bytes.count - offset >= count else { throw .truncated(at: offset) }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
}
