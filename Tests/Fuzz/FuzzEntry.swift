import Flags
import HashTreeCollections
import JSON

/// What libFuzzer calls: a document and, after a zero byte, a context. Nothing but a crash or a hang is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    let split = input.firstIndex(of: 0) ?? input.count
    let (root, _) = JSONReader.read(UnsafeRawBufferPointer(rebasing: input[..<split]))
    guard let root else { return 0 }
    var problems: [Problem] = []
    let document = FlagDocument.read(root, lenient: true, knownPilots: { _ in true }, problems: &problems)
    for problem in problems where problem.description.isEmpty { fatalError("a problem without words") }
    // One error, and all of the document is refused.
    guard !problems.contains(where: { $0.severity == .error }) else { return 0 }

    let rest = UnsafeRawBufferPointer(rebasing: input[min(split + 1, input.count)...])
    let (attributes, _) = JSONReader.read(rest, purpose: .context)
    let context = attributes.flatMap { try? EvaluationContext(json: $0) } ?? EvaluationContext(targetingKey: "ann")
    for bucketing in Bucketing.allCases {
        var set = FlagSet(bucketing: bucketing)
        for pilot in document.pilots {
            try! set.put(pilot: pilot.name, storedBytes: pilot.storedBytes, members: MemberSet(pilot.members))
        }
        for flag in document.flags {
            // What is accepted can be stored and compiled, and stored bytes are a fixed point.
            do throws(FlagNotCompilable) {
                try set.put(flag: flag.key, storedBytes: flag.storedBytes)
            } catch {
                fatalError("accepted, but: \(error)")
            }
            guard set.definition(of: flag.key)?.storedBytes == flag.storedBytes else { fatalError("bytes changed") }
            _ = set.evaluate(flag.key, context: context, unixSeconds: 1_800_000_000)
        }
    }
    return 0
}
