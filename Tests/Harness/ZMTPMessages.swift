/// Finds the messages in one direction of a ZMTP 3 connection (NULL mechanism): a greeting of 64 bytes, then frames of a
/// flags byte (1: more follow, 2: long, 4: command), a length of 1 or 8 bytes, and the body.
struct ZMTPMessages {
    private var greeting = 64
    private var unread: [UInt8] = []
    /// Frames of the message that is coming in, and its bytes as they stood in the stream.
    private var frames: [[UInt8]] = []
    private var raw: [UInt8] = []

    /// What is to be sent on of `bytes` and of what was held back: whole frames, less the messages that are taken out.
    mutating func filter(_ bytes: [UInt8], taking takes: ([[UInt8]]) -> Bool) -> [UInt8] {
        var passed: [UInt8] = []
        var bytes = bytes[...]
        if greeting > 0 {
            let part = bytes.prefix(greeting)
            passed += part
            greeting -= part.count
            bytes = bytes.dropFirst(part.count)
        }
        unread += bytes
        var start = 0
        while let (flags, header, length) = Self.header(unread[start...]), unread.count - start >= header + length {
            let frame = unread[start..<start + header + length]
            start += header + length
            if flags & 4 != 0 {
                // Commands stand between messages: readiness, pings.
                passed += frame
                continue
            }
            raw += frame
            frames.append(Array(frame.dropFirst(header)))
            guard flags & 1 == 0 else { continue }
            if !takes(frames) { passed += raw }
            raw = []
            frames = []
        }
        unread.removeFirst(start)
        return passed
    }

    private static func header(_ bytes: ArraySlice<UInt8>) -> (flags: UInt8, header: Int, length: Int)? {
        guard bytes.count >= 2 else { return nil }
        let base = bytes.startIndex
        let flags = bytes[base]
        guard flags & 2 != 0 else { return (flags, 2, Int(bytes[base + 1])) }
        guard bytes.count >= 9 else { return nil }
        let length = bytes[(base + 1)..<(base + 9)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (flags, 9, Int(clamping: length))
    }
}
