/// A frame from server to client.
package enum ServerFrame: Sendable, Hashable {
    case answer(id: UInt32, FlagAnswer)
    /// One flag of a lookup of all; any number of them, then `lookupAllEnd`.
    case flagAnswer(id: UInt32, key: String, FlagAnswer)
    /// `error` when the whole request could not be answered: then no flag was sent.
    case lookupAllEnd(id: UInt32, LookupAllEnd)
    case change(id: UInt32, ChangeNotice)
    case pong(id: UInt32, StateStamp)
    case failure(id: UInt32, Failure)

    /// The request that this belongs to; 0 for a failure that belongs to none.
    package var id: UInt32 {
        switch self {
        case .answer(let id, _), .flagAnswer(let id, _, _), .lookupAllEnd(let id, _), .change(let id, _),
            .pong(let id, _), .failure(let id, _):
            id
        }
    }

    /// Appends the whole frame, its length included.
    package func write(to bytes: inout [UInt8]) {
        switch self {
        case .answer(let id, let answer): answer.write(id: id, to: &bytes)
        case .flagAnswer(let id, let key, let answer): answer.write(id: id, key: key, to: &bytes)
        case .lookupAllEnd(let id, let end): end.write(id: id, to: &bytes)
        case .change(let id, let notice): notice.write(id: id, to: &bytes)
        case .pong(let id, let stamp): Frame.write(.pong, id: id, to: &bytes) { stamp.write(to: &$0) }
        case .failure(let id, let failure): failure.write(id: id, to: &bytes)
        }
    }

    /// `payload` is what follows the four length bytes.
    package static func read(_ payload: UnsafeRawBufferPointer) throws(FrameProblem) -> ServerFrame {
        guard payload.count >= Frame.headerLength else { throw .tooShort(length: payload.count) }
        let id = Frame.requestID(of: payload)
        var fields = FieldReader(payload: payload)
        switch FrameType(rawValue: payload[0]) {
        case .answer: return try .answer(id: id, FlagAnswer(from: &fields))
        case .flagAnswer:
            let key = try fields.shortText()
            return try .flagAnswer(id: id, key: key, FlagAnswer(from: &fields))
        case .lookupAllEnd: return try .lookupAllEnd(id: id, LookupAllEnd(from: &fields))
        case .change: return try .change(id: id, ChangeNotice(from: &fields))
        case .pong:
            let stamp = try StateStamp(from: &fields)
            try fields.finish()
            return .pong(id: id, stamp)
        case .failure: return try .failure(id: id, Failure(from: &fields))
        default: throw .unknownType(payload[0])
        }
    }
}
