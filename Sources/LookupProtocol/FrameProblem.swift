/// Why bytes are not a frame of the lookup protocol. After any of these the sender and the reader no longer agree where
/// frames begin, or what they mean: the connection ends.
package enum FrameProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case notThisProtocol
    case unsupportedVersion(UInt8)
    case tooLong(length: Int, limit: Int)
    case tooShort(length: Int)
    case truncated(at: Int)
    case trailingBytes(Int)
    case notUTF8(at: Int)
    /// A frame type that this side does not know. The only problem that a server answers without closing.
    case unknownType(UInt8)
    /// A code outside of its table; `field` names the table.
    case unknownCode(field: String, value: UInt8)

    package var description: String {
        switch self {
        case .notThisProtocol:
            "the first bytes are not 00 50 4c and a version: this is no lookup protocol connection"
        case .unsupportedVersion(let version):
            "version \(version) of the lookup protocol is not known here: speak version \(Preamble.newestVersion)"
        case .tooLong(let length, let limit):
            "a frame of \(length) bytes is longer than the limit of \(limit): send less in one frame"
        case .tooShort(let length):
            "a frame of \(length) bytes is shorter than its type and request id, which take \(Frame.headerLength)"
        case .truncated(let offset):
            "the frame ends inside a field, at byte \(offset) of its payload"
        case .trailingBytes(let count):
            "\(count) bytes follow the last field of the frame"
        case .notUTF8(let offset):
            "the text at byte \(offset) of the payload is not UTF-8"
        case .unknownType(let type):
            "frame type \(type) is not known here"
        case .unknownCode(let field, let value):
            "\(value) is no known \(field)"
        }
    }
}
