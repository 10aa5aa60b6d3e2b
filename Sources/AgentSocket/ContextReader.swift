import Flags
import JSON
import LookupProtocol
import NIOCore

/// Why a lookup can't be made.
struct ContextProblem: Error {
    var code: ErrorCode
    var details: String

    /// Paths name flags only: what a component is decided under is no flag there.
    static func check(flagKey key: String) throws(ContextProblem) {
        guard !ComponentKey.isComponent(key) else {
            throw ContextProblem(code: .flagNotFound, details: "there is no flag \"\(key)\"")
        }
    }
}

/// Reads the context out of what each protocol carries.
enum ContextReader {
    /// An OFREP body: `{"context": {…}}`. Without a body or a context the context is empty.
    static func read(ofrepBody body: ByteBuffer?) throws(ContextProblem) -> EvaluationContext {
        guard let body, body.readableBytes > 0 else { return EvaluationContext() }
        let root = try json(body.withUnsafeReadableBytes { JSONReader.read($0, purpose: .context) }, what: "body")
        guard case .object(let object) = root else {
            throw ContextProblem(
                code: .parseError, details: "the body is \(root.kindText): send an object with a member context")
        }
        switch object["context"] {
        case nil, .null?: return EvaluationContext()
        case let context?: return try evaluationContext(context)
        }
    }

    /// A binary lookup's subject. Without JSON in it, none is read.
    static func read(_ subject: LookupSubject) throws(ContextProblem) -> EvaluationContext {
        guard let bytes = subject.context else { return EvaluationContext(targetingKey: subject.targetingKey) }
        var context = try evaluationContext(json(JSONReader.read(bytes, purpose: .context), what: "context"))
        if let targetingKey = subject.targetingKey { context.targetingKey = targetingKey }
        return context
    }

    private static func json(
        _ read: (value: JSONValue?, problems: [JSONProblem]), what: String
    ) throws(ContextProblem) -> JSONValue {
        if let value = read.value { return value }
        let reason = read.problems.first.map { "\($0)" } ?? "it can't be read"
        throw ContextProblem(code: .parseError, details: "the \(what) is not JSON: \(reason)")
    }

    private static func evaluationContext(_ json: JSONValue) throws(ContextProblem) -> EvaluationContext {
        do {
            return try EvaluationContext(json: json)
        } catch {
            throw ContextProblem(code: .invalidContext, details: "\(error)")
        }
    }
}
