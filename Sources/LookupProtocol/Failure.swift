/// Says that a frame could not be understood, and why.
package struct Failure: Sendable, Hashable {
    package var code: FailureCode
    package var message: String

    package init(code: FailureCode, message: String) {
        self.code = code
        self.message = message
    }

    package init(_ problem: FrameProblem) {
        self.init(code: FailureCode(problem), message: problem.description)
    }

    package func write(id: UInt32, to bytes: inout [UInt8]) {
        Frame.write(.failure, id: id, to: &bytes) { bytes in
            bytes.append(code.rawValue)
            bytes.append(shortText: message)
        }
    }

    init(from fields: inout FieldReader) throws(FrameProblem) {
        let raw = try fields.integer(UInt8.self)
        guard let code = FailureCode(rawValue: raw) else { throw .unknownCode(field: "failure", value: raw) }
        self.code = code
        message = try fields.shortText()
        try fields.finish()
    }
}
