import Foundation

/// Reads what an operator hands over, and refuses what the control node would refuse anyway.
enum InputFile {
    static let largest = 16 << 20
    /// The path that means standard input.
    static let standardInput = "-"

    /// The text of the document at `path`.
    static func read(_ path: String) throws -> String {
        let bytes = try bytes(path, atMost: largest + 1)
        guard bytes.count <= largest else {
            throw CommandRefusal(
                "\(name(of: path)) is larger than 16 MB",
                hint: "split it: several files can be applied as one change, and members of a pilot group go by "
                    + "`pilotlight pilot add NAME --from FILE`")
        }
        return try text(bytes, name: name(of: path))
    }

    /// What messages call it.
    static func name(of path: String) -> String { path == standardInput ? "standard input" : path }

    static func bytes(_ path: String, atMost most: Int) throws -> [UInt8] {
        do {
            guard path != standardInput else { return try bytes(.standardInput, atMost: most) }
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            return try bytes(handle, atMost: most)
        } catch {
            throw CommandRefusal(
                "\(name(of: path)) can't be read: \(FileFault.reason(error))", hint: "check its path and its mode")
        }
    }

    /// A pipe gives what it has: read on until it is at its end.
    private static func bytes(_ handle: FileHandle, atMost most: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < most, let more = try handle.read(upToCount: min(1 << 20, most - bytes.count)), !more.isEmpty
        {
            bytes += more
        }
        return bytes
    }

    /// `bytes` as text, or the place of the first byte that isn't UTF-8.
    static func text(_ bytes: [UInt8], name: String) throws -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.span))
        } catch {
            let offset = error.byteOffsets.lowerBound
            throw CommandRefusal(
                "\(name) is not UTF-8: byte 0x\(String(bytes[offset], radix: 16)) at byte offset \(offset)",
                hint: "save it as UTF-8")
        }
    }
}
