import Flags
import JSON

/// One random flag with our answer to it, to be compared with another engine's.
package struct ComparedCase {
    /// As one line of JSON: the document, the context, the type, and our answer in a v3 environment.
    package static func line(_ cases: inout RandomTargeting) throws -> String {
        let (document, context, type) = cases.next()
        var problems: [Problem] = []
        let read = FlagDocument.read(document, lenient: true, knownPilots: { _ in false }, problems: &problems)
        var set = FlagSet(bucketing: .v3)
        for flag in read.flags { try set.put(flag: flag.key, storedBytes: flag.storedBytes) }
        let answer = set.evaluate("f", context: EvaluationContext(attributes: context), unixSeconds: 1_800_000_000)
        let line: JSONValue = [
            "document": document, "context": .object(context), "type": .string(type),
            "refused": .array(problems.filter { $0.severity == .error }.map { .string($0.description) }),
            "answer": [
                "variant": answer.variant.map { .string($0) } ?? .null, "value": answer.value ?? .null,
                "reason": .string(answer.reason.rawValue),
                "error": answer.errorCode.map { .string($0.rawValue) } ?? .null, "metadata": .object(answer.metadata),
            ],
        ]
        return line.compactText()
    }
}
