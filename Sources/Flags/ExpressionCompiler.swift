import JSON

/// Compiles one targeting rule, collecting everything that is wrong with it. What is wrong becomes a fault in the
/// expression, which strikes only if evaluation reaches it.
struct ExpressionCompiler {
    /// Operators and arrays inside one another.
    static let deepest = 64
    /// Values in one rule, with references replaced.
    static let mostNodes = 10_000
    /// Operators that walk through a list, inside the rules of one another.
    static let mostWalks = 4

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
    private(set) var nodes = 0
    private var depth = 0
    private var openReferences = 0
    /// Of the values counted, those that references brought in.
    private(set) var referencedNodes = 0
    /// How often something was compiled that looks at the context, the flag or the time.
    private var reads = 0
    /// Walks around what is compiled now, and how often they come by at least.
    private var walks = 0
    private var repetitions = 1
    /// Steps that evaluation may take whatever the context holds.
    private var steps = 0
    private let followsReferences: Bool
    /// What is compiled comes from a `Rollout`, not from a document.
    private let isOwn: Bool

    /// Without `followsReferences` only what stands in the rule itself is looked at, for its problems.
    init(references: EvaluatorReferences, lenient: Bool, followsReferences: Bool = true, isOwn: Bool = false) {
        self.isOwn = isOwn
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
        // Several members: data, not logic.
        case .object(let object) where !object.isEmpty: return data(json, at: pointer)
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
                guard count(at: pointer) else { break }
                compiled.append(.constant(element))
            }
        }
        // Beyond the limits nothing is evaluated, but operators count on as many arguments as they saw.
        while compiled.count < elements.count { compiled.append(Self.beyondLimits) }
        return compiled
    }

    /// What isn't evaluated, with references replaced.
    mutating func data(_ json: JSONValue, at pointer: JSONPointer) -> Expression {
        let data = references.expanded(json, nodeLimit: Self.mostNodes - nodes, depthLimit: FlagReader.deepestFlag)
        nodes += data.map(Self.size) ?? Self.mostNodes
        guard let data, nodes <= Self.mostNodes else {
            stop(at: pointer, "the rule has more than \(Self.mostNodes) values, or nests too deeply")
            return Self.beyondLimits
        }
        return .constant(data)
    }

    /// The rule that is evaluated for each element of `subject`, with what one element costs.
    mutating func body(
        _ json: JSONValue, over subject: Expression, at pointer: JSONPointer
    ) -> (rule: Expression, steps: Int) {
        walks += 1
        defer { walks -= 1 }
        guard walks <= Self.mostWalks else {
            stop(
                at: pointer, "more than \(Self.mostWalks) operators walk through lists inside one another",
                "prepare the list in the service, and send what the rule needs of it")
            return (Self.beyondLimits, 1)
        }
        let (nodesBefore, repetitionsBefore) = (nodes, repetitions)
        defer { repetitions = repetitionsBefore }
        if case .constant(.array(let elements)) = subject {
            repetitions = min(repetitions * max(elements.count, 1), Work.mostConstantSteps)
        }
        let rule = compile(json, at: pointer)
        return (rule, 1 + nodes - nodesBefore)
    }

    /// Records what is wrong with an operator's arguments, which is refused even when read leniently.
    mutating func refuse(_ message: String, _ hint: String? = nil, at pointer: JSONPointer) -> Expression {
        report(.error, message, hint, at: pointer)
        return .fault(TargetingFault(message))
    }

    /// Records arguments for which flagd's operators give null, without a word.
    mutating func giveNull(_ message: String, _ hint: String, at pointer: JSONPointer) -> Expression {
        report(lenient ? .warning : .error, "\(message), so that the result is always null", hint, at: pointer)
        return .constant(.null)
    }

    mutating func uses(pilot name: String, at pointer: JSONPointer) {
        pilotUses.append(PilotUse(name: name, pointer: openReferences == 0 ? pointer : nil))
    }

    /// To be called by what can't be worked out before there is a context.
    mutating func readsScope() { reads += 1 }

    private mutating func operation(_ name: String, _ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        if name == "$ref", case .string(let target) = arguments { return reference(target, at: pointer) }
        let here = pointer.appending(name)
        if isOwn, name == Rollout.shareOperator { return share(arguments, at: here) }
        if isOwn, name == VersionRequirement.operatorName { return runs(arguments, at: here) }
        guard let known = OperatorTable[name] else { return unknownOperator(name, at: here) }
        let before = reads
        let compiled = known.compile(&self, arguments, here)
        guard reads == before, followsReferences, !stopped else { return compiled }
        return Self.folded(compiled)
    }

    private mutating func runs(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        readsScope()
        guard let requirement = arguments.stringValue.flatMap({ VersionRequirement($0) }) else {
            return refuse("the requirement has another shape", at: pointer)
        }
        return .runs(requirement)
    }

    /// What looks at nothing gives always the same.
    private static func folded(_ expression: Expression) -> Expression {
        switch expression {
        case .constant, .fault: return expression
        default: break
        }
        do throws(TargetingFault) {
            return .constant(
                try Scope.with(.value(.null)) { scope throws(TargetingFault) in try expression.value(in: scope) })
        } catch {
            return .fault(error)
        }
    }

    private mutating func reference(_ name: String, at pointer: JSONPointer) -> Expression {
        switch references[name] {
        case .rule(let rule):
            guard followsReferences else {
                reads += 1
                return .constant(.null)
            }
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
        report(
            lenient ? .warning : .error, "there is no operator \"\(name)\"",
            NearestName.hint(for: name, among: OperatorTable.names, listedAs: "the operators are"), at: pointer)
        return .fault(TargetingFault("there is no operator \"\(name)\""))
    }

    private mutating func report(
        _ severity: Problem.Severity, _ message: String, _ hint: String?, at pointer: JSONPointer
    ) {
        // What stands inside a reference is reported once, where the evaluator stands.
        guard openReferences == 0, !stopped else { return }
        problems.append(Problem(severity: severity, pointer: pointer, message: message, hint: hint))
    }

    mutating func count(at pointer: JSONPointer) -> Bool {
        nodes += 1
        steps += repetitions
        if openReferences > 0 { referencedNodes += 1 }
        if stopped { return false }
        if nodes > Self.mostNodes {
            stop(at: pointer, "the rule has more than \(Self.mostNodes) values")
        } else if depth > Self.deepest {
            stop(at: pointer, "the rule nests deeper than \(Self.deepest) levels")
        } else if steps > Work.mostConstantSteps {
            stop(
                at: pointer, "the rule takes more than \(Work.mostConstantSteps) steps whatever the context holds",
                "walk through shorter lists, or write down what comes of them")
        }
        return !stopped
    }

    private mutating func stop(
        at pointer: JSONPointer, _ message: String,
        _ hint: String = "put long lists of users into a pilot group and use in_pilot; flatten nested if into one if"
    ) {
        if !stopped { problems.append(Problem(pointer: pointer, message: message, hint: hint)) }
        stopped = true
    }

    static let beyondLimits = Expression.fault(TargetingFault("the rule is larger than is evaluated"))

    private static func size(of json: JSONValue) -> Int {
        switch json {
        case .array(let elements): elements.reduce(1) { $0 + size(of: $1) }
        case .object(let object): object.reduce(1) { $0 + size(of: $1.value) }
        default: 1
        }
    }
}
