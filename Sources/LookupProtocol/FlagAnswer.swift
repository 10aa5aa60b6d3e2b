/// What the agent says about one flag.
package struct FlagAnswer: Sendable, Hashable {
    package var stamp: StateStamp
    package var reason: AnswerReason
    /// Nil: the caller takes its own default (disabled, no default variant, or an error).
    package var value: AnswerValue?
    package var variant: String?
    package var error: AnswerErrorCode?
    /// For people; empty when there is no error.
    package var errorDetails: String
    /// A JSON object in UTF-8; nil unless asked for and there is any.
    package var metadata: [UInt8]?

    package init(
        stamp: StateStamp, reason: AnswerReason, value: AnswerValue? = nil, variant: String? = nil,
        error: AnswerErrorCode? = nil, errorDetails: String = "", metadata: [UInt8]? = nil
    ) {
        self.stamp = stamp
        self.reason = reason
        self.value = value
        self.variant = variant
        self.error = error
        self.errorDetails = errorDetails
        self.metadata = metadata
    }

    private static let variantBit: UInt8 = 1
    private static let errorBit: UInt8 = 2
    private static let metadataBit: UInt8 = 4

    /// The answer to one lookup.
    package func write(id: UInt32, to bytes: inout [UInt8]) {
        Frame.write(.answer, id: id, to: &bytes) { writeFields(to: &$0) }
    }

    /// One of the answers to a lookup of all flags.
    package func write(id: UInt32, key: String, to bytes: inout [UInt8]) {
        Frame.write(.flagAnswer, id: id, to: &bytes) {
            $0.append(shortText: key)
            writeFields(to: &$0)
        }
    }

    private func writeFields(to bytes: inout [UInt8]) {
        stamp.write(to: &bytes)
        bytes.append(reason.rawValue)
        bytes.append(
            (variant == nil ? 0 : Self.variantBit) | (error == nil ? 0 : Self.errorBit)
                | (metadata == nil ? 0 : Self.metadataBit))
        AnswerValue.write(value, to: &bytes)
        if let variant { bytes.append(shortText: variant) }
        if let error {
            bytes.append(error.rawValue)
            bytes.append(shortText: errorDetails)
        }
        if let metadata { bytes.append(longBytes: metadata) }
    }

    init(from fields: inout FieldReader) throws(FrameProblem) {
        stamp = try StateStamp(from: &fields)
        let reasonCode = try fields.integer(UInt8.self)
        guard let reason = AnswerReason(rawValue: reasonCode) else {
            throw .unknownCode(field: "reason", value: reasonCode)
        }
        self.reason = reason
        let bits = try fields.integer(UInt8.self)
        value = try AnswerValue.read(from: &fields)
        variant = bits & Self.variantBit == 0 ? nil : try fields.shortText()
        error = nil
        errorDetails = ""
        if bits & Self.errorBit != 0 {
            let code = try fields.integer(UInt8.self)
            // A newer server may know more error codes: to an older client they are GENERAL.
            error = AnswerErrorCode(rawValue: code) ?? .general
            errorDetails = try fields.shortText()
        }
        metadata = bits & Self.metadataBit == 0 ? nil : try fields.longBytes()
        try fields.finish()
    }
}
