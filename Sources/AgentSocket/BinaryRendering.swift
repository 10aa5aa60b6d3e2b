import Flags
import JSON
import LookupProtocol

/// Answers as frames of the binary protocol.
enum BinaryRendering {
    static func write(_ answer: Answer, to request: LookupRequest, into bytes: inout [UInt8]) {
        write(answer, subject: request.subject, into: &bytes) { $0.write(id: request.id, to: &$1) }
    }

    static func write(_ answer: Answer, of key: String, to request: LookupAllRequest, into bytes: inout [UInt8]) {
        write(answer, subject: request.subject, into: &bytes) { $0.write(id: request.id, key: key, to: &$1) }
    }

    private static func write(
        _ answer: Answer, subject: LookupSubject, into bytes: inout [UInt8],
        frame: (FlagAnswer, inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        frame(flagAnswer(answer, wantsMetadata: subject.wantsMetadata), &bytes)
        if bytes.count - start - Frame.lengthBytes > Frame.maximumAnswerLength {
            bytes.removeLast(bytes.count - start)
            let details = "the value is larger than a frame's \(Frame.maximumAnswerLength) bytes: ask for it by OFREP"
            let evaluation = Evaluation.failure(.general, details)
            frame(flagAnswer(Answer(stamp: answer.stamp, evaluation: evaluation), wantsMetadata: false), &bytes)
        }
    }

    private static func flagAnswer(_ answer: Answer, wantsMetadata: Bool) -> FlagAnswer {
        let evaluation = answer.evaluation
        let metadata = evaluation.metadata
        return FlagAnswer(
            stamp: answer.stamp, reason: AnswerTable.binary(evaluation.reason),
            value: evaluation.value.flatMap(value), variant: evaluation.variant,
            error: evaluation.errorCode.map { AnswerTable.row($0).binary }, errorDetails: evaluation.errorDetails ?? "",
            metadata: wantsMetadata && !metadata.isEmpty ? json(.object(metadata)) : nil)
    }

    private static func value(_ value: JSONValue) -> AnswerValue? {
        switch value {
        case .null: nil
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        case .array, .object: .object(json(value))
        }
    }

    private static func json(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        value.write(to: &bytes)
        return bytes
    }
}
