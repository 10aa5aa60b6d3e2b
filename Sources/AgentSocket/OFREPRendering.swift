import Flags
import JSON

/// Answers as OFREP's JSON.
enum OFREPRendering {
    /// `variant` is always there, null if need be: a stock client reads it without asking whether it is there. `value`
    /// is left out when the caller's default holds.
    static func write(_ answer: Answer, key: String, to bytes: inout [UInt8]) {
        let evaluation = answer.evaluation
        append("{\"key\":", to: &bytes)
        JSONWriter.writeString(key, to: &bytes)
        if let code = evaluation.errorCode {
            writeError(code, evaluation.errorDetails ?? "", to: &bytes)
        } else {
            append(",\"reason\":\"", to: &bytes)
            append(evaluation.reason.rawValue, to: &bytes)
            append("\",\"variant\":", to: &bytes)
            if let variant = evaluation.variant {
                JSONWriter.writeString(variant, to: &bytes)
            } else {
                append("null", to: &bytes)
            }
            if let value = evaluation.value {
                append(",\"value\":", to: &bytes)
                value.write(to: &bytes)
            }
        }
        if !evaluation.metadata.isEmpty {
            append(",\"metadata\":", to: &bytes)
            JSONValue.object(evaluation.metadata).write(to: &bytes)
        }
        append("}", to: &bytes)
    }

    /// A failure of a request that names no flag.
    static func writeFailure(_ code: ErrorCode, _ details: String, to bytes: inout [UInt8]) {
        append("{\"errorCode\":\"", to: &bytes)
        append(code.rawValue, to: &bytes)
        append("\",\"errorDetails\":", to: &bytes)
        JSONWriter.writeString(details, to: &bytes)
        append("}", to: &bytes)
    }

    private static func writeError(_ code: ErrorCode, _ details: String, to bytes: inout [UInt8]) {
        append(",\"errorCode\":\"", to: &bytes)
        append(code.rawValue, to: &bytes)
        append("\",\"errorDetails\":", to: &bytes)
        JSONWriter.writeString(details, to: &bytes)
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) { bytes.append(contentsOf: text.utf8) }
}
