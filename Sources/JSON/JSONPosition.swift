/// A place in a text. Both count from 1; columns count Unicode scalars, not bytes.
package struct JSONPosition: Sendable, Hashable, CustomStringConvertible {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package var description: String { "line \(line), column \(column)" }

    /// The place of the byte at `offset`. A line ends with LF, CR LF or CR.
    package init(offset: Int, in bytes: UnsafeRawBufferPointer) {
        var walk = JSONPositionWalk(bytes)
        self = walk.position(at: offset)
    }
}

/// Turns rising byte offsets into positions in one pass over the text.
struct JSONPositionWalk {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var position = JSONPosition(line: 1, column: 1)

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Offsets must not fall from one call to the next.
    mutating func position(at target: Int) -> JSONPosition {
        let end = min(target, bytes.count)
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            if byte == 0x0A || (byte == 0x0D && !(offset < bytes.count && bytes[offset] == 0x0A)) {
                position.line += 1
                position.column = 1
            } else if byte & 0xC0 != 0x80 {
                position.column += 1
            }
        }
        return position
    }
}
