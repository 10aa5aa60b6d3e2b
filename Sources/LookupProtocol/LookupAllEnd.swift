/// The end of the answers to a lookup of all flags.
package struct LookupAllEnd: Sendable, Hashable {
    package var stamp: StateStamp
    /// How many flag answers went before.
    package var count: UInt32
    /// Why there are none, when the request as a whole could not be answered.
    package var error: AnswerErrorCode?
    package var errorDetails: String

    package init(stamp: StateStamp, count: UInt32, error: AnswerErrorCode? = nil, errorDetails: String = "") {
        self.stamp = stamp
        self.count = count
        self.error = error
        self.errorDetails = errorDetails
    }

    package func write(id: UInt32, to bytes: inout [UInt8]) {
        Frame.write(.lookupAllEnd, id: id, to: &bytes) { bytes in
            stamp.write(to: &bytes)
            bytes.append(integer: count)
            bytes.append(error?.rawValue ?? 0)
            if error != nil { bytes.append(shortText: errorDetails) }
        }
    }

    init(from fields: inout FieldReader) throws(FrameProblem) {
        stamp = try StateStamp(from: &fields)
        count = try fields.integer(UInt32.self)
        let code = try fields.integer(UInt8.self)
        error = code == 0 ? nil : AnswerErrorCode(rawValue: code) ?? .general
        errorDetails = code == 0 ? "" : try fields.shortText()
        try fields.finish()
    }
}
