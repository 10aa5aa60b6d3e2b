import Flags
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
        let set = compiled(document, bucketing)
        let keys = document.flags.map(\.key) + set.componentNames.map { ComponentKey.flagKey(of: $0) }
        for key in keys { ask(key, set, context) }
        for key in document.flags.prefix(4).map(\.key) + keys.suffix(4) { explain(key, set, context) }
        if let component = set.componentNames.first, let definition = set.definition(ofComponent: component) {
            let key = ComponentKey.flagKey(of: component)
            let kill = Kill(variant: definition.defaultVersion, value: .string(definition.defaultVersion))
            ask(key, set.killing([ExactString(key): kill]), context)
        }
        guard let first = document.flags.first, let variant = first.variants.keys.first else { continue }
        let kill = Kill(variant: variant, value: first.variants[variant] ?? .null)
        guard (try? Kill(storedBytes: kill.storedBytes))?.storedBytes == kill.storedBytes else {
            fatalError("a kill that can't be read")
        }
        let killed = set.killing([ExactString(first.key): kill])
        for flag in document.flags { ask(flag.key, killed, context) }
    }
    return 0
}

/// What is accepted can be stored and compiled, and stored bytes are a fixed point.
private func compiled(_ document: FlagDocument, _ bucketing: Bucketing) -> FlagSet {
    var set = FlagSet(bucketing: bucketing)
    for pilot in document.pilots {
        do throws(NotCompilable) {
            try set.put(pilot: pilot.name, storedBytes: pilot.storedBytes, members: MemberSet(pilot.members))
        } catch {
            fatalError("accepted, but: \(error)")
        }
        guard set.definition(ofPilot: pilot.name)?.storedBytes == pilot.storedBytes else {
            fatalError("a group's bytes changed")
        }
    }
    for flag in document.flags {
        do throws(NotCompilable) {
            try set.put(flag: flag.key, storedBytes: flag.storedBytes)
        } catch {
            fatalError("accepted, but: \(error)")
        }
        guard set.definition(of: flag.key)?.storedBytes == flag.storedBytes else { fatalError("bytes changed") }
    }
    for var component in document.components {
        component.settleSplit(from: nil)
        do throws(NotCompilable) {
            try set.put(component: component.name, storedBytes: component.storedBytes)
        } catch {
            fatalError("accepted, but: \(error)")
        }
        guard set.definition(ofComponent: component.name)?.storedBytes == component.storedBytes else {
            fatalError("a component's bytes changed")
        }
    }
    return set
}

private let now: Int64 = 1_800_000_000

/// Long ago, now, and when a time ramp changes something next.
private func ask(_ key: String, _ set: FlagSet, _ context: EvaluationContext) {
    let step = set.nextStep(after: now)
    if let step, step.at <= now { fatalError("a step that was") }
    for time in [0, now, step?.at ?? Int64.max] { _ = set.evaluate(key, context: context, unixSeconds: time) }
}

private func explain(_ key: String, _ set: FlagSet, _ context: EvaluationContext) {
    guard
        set.explain(key, context: context, unixSeconds: now)?.evaluation
            == set.evaluate(key, context: context, unixSeconds: now)
    else { fatalError("explained otherwise") }
}
