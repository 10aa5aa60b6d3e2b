/// What all frames have in common: a length of four bytes, then that many bytes of payload, which begin with the type
/// (one byte) and the request id (four bytes). Integers are big-endian throughout.
package enum Frame {
    /// The four bytes before every payload.
    package static let lengthBytes = 4
    /// Type and request id.
    package static let headerLength = 5
    /// Limit of a payload from client to server, in bytes.
    package static let maximumRequestLength = 1 << 20
    /// Limit of a payload from server to client, in bytes. Larger than a request's, for object values.
    package static let maximumAnswerLength = 1 << 24

    /// Payload length of the frame at the start of `bytes`: nil until its four length bytes are there.
    package static func payloadLength(
        of bytes: UnsafeRawBufferPointer, limit: Int
    ) throws(FrameProblem) -> Int? {
        guard bytes.count >= lengthBytes else { return nil }
        let length = Int(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard length <= limit else { throw .tooLong(length: length, limit: limit) }
        guard length >= headerLength else { throw .tooShort(length: length) }
        return length
    }

    /// The request id of a payload, whatever its type; 0 if the payload is too short to have one.
    package static func requestID(of payload: UnsafeRawBufferPointer) -> UInt32 {
        guard payload.count >= headerLength else { return 0 }
        return UInt32(bigEndian: payload.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
    }

    /// Writes one frame: length, type and request id, then what `body` appends.
    @inline(__always)
    static func write(
        _ type: FrameType, id: UInt32, to bytes: inout [UInt8], body: (inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        bytes.append(integer: UInt32(0))
        bytes.append(type.rawValue)
        bytes.append(integer: id)
        body(&bytes)
        let length = UInt32(clamping: bytes.count - start - lengthBytes)
        bytes[start] = UInt8(truncatingIfNeeded: length >> 24)
        bytes[start + 1] = UInt8(truncatingIfNeeded: length >> 16)
        bytes[start + 2] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: length)
    }
}

/// The fifth byte of every frame. Requests are below 0x80; what the server sends is 0x80 and above.
package enum FrameType: UInt8, Sendable {
    case lookup = 0x01
    case lookupAll = 0x02
    case watch = 0x03
    case ping = 0x04
    case answer = 0x81
    case flagAnswer = 0x82
    case lookupAllEnd = 0x83
    case change = 0x84
    case pong = 0x85
    case failure = 0xFF
}
