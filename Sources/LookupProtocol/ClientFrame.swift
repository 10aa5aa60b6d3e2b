/// A frame from client to server.
package enum ClientFrame: Sendable, Hashable {
    case lookup(LookupRequest)
    case lookupAll(LookupAllRequest)
    /// Asks for a push now and after each swap, under this request id. A second one on a connection replaces the first.
    case watch(id: UInt32)
    case ping(id: UInt32)

    /// Appends the whole frame, its length included.
    package func write(to bytes: inout [UInt8]) {
        switch self {
        case .lookup(let request): request.write(to: &bytes)
        case .lookupAll(let request): request.write(to: &bytes)
        case .watch(let id): Frame.write(.watch, id: id, to: &bytes) { _ in }
        case .ping(let id): Frame.write(.ping, id: id, to: &bytes) { _ in }
        }
    }

    /// `payload` is what follows the four length bytes.
    package static func read(_ payload: UnsafeRawBufferPointer) throws(FrameProblem) -> ClientFrame {
        guard payload.count >= Frame.headerLength else { throw .tooShort(length: payload.count) }
        let id = Frame.requestID(of: payload)
        var fields = FieldReader(payload: payload)
        switch FrameType(rawValue: payload[0]) {
        case .lookup: return try .lookup(LookupRequest(id: id, from: &fields))
        case .lookupAll: return try .lookupAll(LookupAllRequest(id: id, from: &fields))
        case .watch:
            try fields.finish()
            return .watch(id: id)
        case .ping:
            try fields.finish()
            return .ping(id: id)
        default: throw .unknownType(payload[0])
        }
    }
}
