/// Whom a lookup is about: a targeting key, a context, both or neither.
package struct LookupSubject: Sendable, Hashable {
    /// Wins over a `targetingKey` member of the context.
    package var targetingKey: String?
    /// A JSON object, in UTF-8; nil for none.
    package var context: [UInt8]?
    /// Whether answers carry the flag's metadata.
    package var wantsMetadata: Bool

    package init(targetingKey: String? = nil, context: [UInt8]? = nil, wantsMetadata: Bool = false) {
        self.targetingKey = targetingKey
        self.context = context
        self.wantsMetadata = wantsMetadata
    }

    /// Which of the optional fields follow.
    struct Options {
        static let targetingKey: UInt8 = 1
        static let context: UInt8 = 2
        static let metadata: UInt8 = 4
        var bits: UInt8

        init(from fields: inout FieldReader) throws(FrameProblem) {
            bits = try fields.integer(UInt8.self)
            let known = Self.targetingKey | Self.context | Self.metadata
            guard bits & ~known == 0 else { throw .unknownCode(field: "set of lookup options", value: bits) }
        }
    }

    func writeOptions(to bytes: inout [UInt8]) {
        bytes.append(
            (targetingKey == nil ? 0 : Options.targetingKey) | (context == nil ? 0 : Options.context)
                | (wantsMetadata ? Options.metadata : 0))
    }

    func writeFields(to bytes: inout [UInt8]) {
        if let targetingKey { bytes.append(longText: targetingKey) }
        if let context { bytes.append(longBytes: context) }
    }

    init(options: Options, from fields: inout FieldReader) throws(FrameProblem) {
        targetingKey = options.bits & Options.targetingKey == 0 ? nil : try fields.longText()
        context = options.bits & Options.context == 0 ? nil : try fields.longBytes()
        wantsMetadata = options.bits & Options.metadata != 0
    }
}
