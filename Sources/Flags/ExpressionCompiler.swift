import JSON

/// Compiles one targeting rule, collecting everything that is wrong with it. What is wrong becomes a fault in the
/// expression, which strikes only if evaluation reaches it.
struct ExpressionCompiler {
    /// Operators and arrays inside one another.
    static let deepest = 64
    /// Values in one rule, with references replaced.
    static let mostNodes = 10_000
    /// Up to here `in` over constant strings compares one by one.
    private static let fewStrings = 8

    struct PilotUse {
        var name: String
        /// Nil inside a `$ref`: the evaluator reports for itself.
        var pointer: JSONPointer?
    }

    let references: EvaluatorReferences
    let lenient: Bool
    private(set) var problems: [Problem] = []
    private(set) var pilotUses: [PilotUse] = []
    /// True if a limit was met, so that nothing more can be said of the rule.
    private(set) var stopped = false
    private var nodes = 0
    private var depth = 0
    private var openReferences = 0
    /// Of the values counted, those that references brought in.
    private(set) var referencedNodes = 0
    private let followsReferences: Bool

    /// Without `followsReferences` only what stands in the rule itself is looked at, for its problems.
    init(references: EvaluatorReferences, lenient: Bool, followsReferences: Bool = true) {
        self.references = references
        self.lenient = lenient
        self.followsReferences = followsReferences
    }

    mutating func compile(_ json: JSONValue, at pointer: JSONPointer) -> Expression {
        guard count(at: pointer) else { return Self.beyondLimits }
        switch json {
        case .array(let elements):
            depth += 1
            defer { depth -= 1 }
            let compiled = list(elements, at: pointer)
            var constants: [JSONValue] = []
            constants.reserveCapacity(compiled.count)
            for case .constant(let value) in compiled { constants.append(value) }
            return constants.count == compiled.count ? .constant(.array(constants)) : .list(compiled)
        case .object(let object) where object.count == 1:
            depth += 1
            defer { depth -= 1 }
            return operation(object.members[0].key, object.members[0].value, at: pointer)
        case .object(let object) where !object.isEmpty:
            // Several members: data, not logic.
            let data = references.expanded(
                json, nodeLimit: Self.mostNodes - nodes, depthLimit: FlagReader.deepestFlag)
            nodes += data.map(Self.size) ?? Self.mostNodes
            guard let data, nodes <= Self.mostNodes else {
                stop(at: pointer, "the rule has more than \(Self.mostNodes) values, or nests too deeply")
                return Self.beyondLimits
            }
            return .constant(data)
        default: return .constant(json)
        }
    }

    mutating func list(_ elements: [JSONValue], at pointer: JSONPointer) -> [Expression] {
        var compiled: [Expression] = []
        compiled.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            switch element {
            case .array, .object: compiled.append(compile(element, at: pointer.appending(index)))
            default:
                guard count(at: pointer) else { return compiled }
                compiled.append(.constant(element))
            }
        }
        return compiled
    }

    /// Records what is wrong with an operator's arguments, which is refused even when read leniently.
    mutating func refuse(_ message: String, _ hint: String? = nil, at pointer: JSONPointer) -> Expression {
        report(.error, message, hint, at: pointer)
        return .fault(TargetingFault(message))
    }

    mutating func uses(pilot name: String, at pointer: JSONPointer) {
        pilotUses.append(PilotUse(name: name, pointer: openReferences == 0 ? pointer : nil))
    }

    private mutating func operation(_ name: String, _ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        if name == "$ref", case .string(let target) = arguments { return reference(target, at: pointer) }
        let here = pointer.appending(name)
        guard let known = OperatorTable[name] else { return unknownOperator(name, at: here) }
        switch known.body {
        case .special(let compile): return compile(&self, arguments, here)
        case .lazy(let body):
            guard case .array(let elements) = arguments else {
                return refuse("\"\(name)\" got \(arguments.kindText)", "it takes a list of arguments", at: here)
            }
            return .lazy(body, list(elements, at: here))
        case .eager(let takes, let body, let binary):
            guard case .array(let elements) = arguments else {
                guard case .object = arguments else {
                    return refuse(
                        "\"\(name)\" got \(arguments.kindText)",
                        "it takes a list of \(Self.count(takes)) arguments", at: here)
                }
                return .spread(name: name, body, compile(arguments, at: here))
            }
            guard takes.contains(elements.count) else {
                return refuse(
                    "\"\(name)\" got \(elements.count) arguments", "it takes \(Self.count(takes))", at: here)
            }
            let compiled = list(elements, at: here)
            if let binary, compiled.count == 2 { return .binary(binary, compiled[0], compiled[1]) }
            return .eager(body, compiled)
        }
    }

    private mutating func reference(_ name: String, at pointer: JSONPointer) -> Expression {
        switch references[name] {
        case .rule(let rule):
            guard followsReferences else { return .constant(.null) }
            openReferences += 1
            defer { openReferences -= 1 }
            return compile(rule, at: pointer)
        case .unusable: return .fault(TargetingFault("the evaluator \"\(name)\" can't be used"))
        case .unknown:
            report(
                lenient ? .warning : .error, "there is no evaluator \"\(name)\"",
                NearestName.hint(
                    for: name, among: references.names,
                    listedAs: references.names.isEmpty ? "the document has no \"$evaluators\"" : "the evaluators are"),
                at: pointer)
            return .fault(TargetingFault("there is no evaluator \"\(name)\""))
        }
    }

    private mutating func unknownOperator(_ name: String, at pointer: JSONPointer) -> Expression {
        let hint: String
        if OperatorTable.known.contains(name) {
            hint = "flagd has it, this version does not evaluate it yet"
        } else {
            hint = NearestName.hint(for: name, among: OperatorTable.names, listedAs: "the operators are")
        }
        report(lenient ? .warning : .error, "there is no operator \"\(name)\"", hint, at: pointer)
        return .fault(TargetingFault("there is no operator \"\(name)\""))
    }

    private mutating func report(
        _ severity: Problem.Severity, _ message: String, _ hint: String?, at pointer: JSONPointer
    ) {
        // What stands inside a reference is reported once, where the evaluator stands.
        guard openReferences == 0, !stopped else { return }
        problems.append(Problem(severity: severity, pointer: pointer, message: message, hint: hint))
    }

    private mutating func count(at pointer: JSONPointer) -> Bool {
        nodes += 1
        if openReferences > 0 { referencedNodes += 1 }
        if stopped { return false }
        if nodes > Self.mostNodes {
            stop(at: pointer, "the rule has more than \(Self.mostNodes) values")
        } else if depth > Self.deepest {
            stop(at: pointer, "the rule nests deeper than \(Self.deepest) levels")
        }
        return !stopped
    }

    private mutating func stop(at pointer: JSONPointer, _ message: String) {
        problems.append(
            Problem(
                pointer: pointer, message: message,
                hint: "put long lists of users into a pilot group and use in_pilot; flatten nested if into one if"))
        stopped = true
    }

    private static let beyondLimits = Expression.fault(TargetingFault("the rule is larger than is evaluated"))

    private static func count(_ takes: ClosedRange<Int>) -> String {
        takes.count == 1 ? "\(takes.lowerBound)" : "\(takes.lowerBound) to \(takes.upperBound)"
    }

    private static func size(of json: JSONValue) -> Int {
        switch json {
        case .array(let elements): elements.reduce(1) { $0 + size(of: $1) }
        case .object(let object): object.reduce(1) { $0 + size(of: $1.value) }
        default: 1
        }
    }

    /// `in` over an array of at least a few strings looks them up instead of comparing.
    static func membership(of needle: Expression, in haystack: Expression) -> Expression {
        if case .constant(.array(let elements)) = haystack, elements.count > fewStrings {
            let strings = elements.compactMap(\.stringValue)
            if strings.count == elements.count {
                return .inStrings(needle, Set(strings.map { ExactString($0) }), all: .array(elements))
            }
        }
        return .binary(
            { needle, haystack throws(TargetingFault) in .bool(try Loose.contains(needle, in: haystack)) },
            needle, haystack)
    }
}
