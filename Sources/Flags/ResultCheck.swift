import JSON

/// Follows targeting to every place its result can come from, and checks that what stands there names a variant.
struct ResultCheck {
    let references: EvaluatorReferences
    let variants: JSONObject
    let lenient: Bool
    private(set) var problems: [Problem] = []
    private var openReferences = 0

    init(references: EvaluatorReferences, variants: JSONObject, lenient: Bool) {
        self.references = references
        self.variants = variants
        self.lenient = lenient
    }

    mutating func check(_ json: JSONValue, at pointer: JSONPointer) {
        switch json {
        case .null: break
        case .bool, .integer, .double, .string:
            guard let name = Decision.name(of: json), variants[name] == nil else { return }
            report(
                "the result \(json.compactText()) names no variant",
                NearestName.hint(for: name, among: variants.keys, listedAs: "the variants are"), at: pointer)
        case .array: report("an array can't name a variant", "a result is a variant's name or null", at: pointer)
        case .object(let object):
            guard object.count == 1 else {
                report(
                    object.isEmpty
                        ? "an empty object can't name a variant"
                        : "an object with \(object.count) members is data, not an operator, and can't name a variant",
                    object.isEmpty
                        ? "a result is a variant's name or null" : "an operator is an object with one member",
                    at: pointer)
                return
            }
            follow(object.members[0], at: pointer)
        }
    }

    private mutating func follow(_ operation: JSONObject.Member, at pointer: JSONPointer) {
        if operation.key == "$ref", case .string(let name) = operation.value {
            // The pointer stays at the reference: another flag may well have the variants that the rule names.
            guard case .rule(let rule) = references[name] else { return }
            openReferences += 1
            check(rule, at: pointer)
            openReferences -= 1
            return
        }
        guard let known = OperatorTable[operation.key], case .array(let arguments) = operation.value else { return }
        let here = pointer.appending(operation.key)
        let last = arguments.count - 1
        for (index, argument) in arguments.enumerated() {
            let canBeResult =
                switch known.result {
                case .computed: false
                case .branches: index % 2 == 1 || index == last
                case .firstFalsyOrLast: index == last || Self.truth(of: argument) == false
                case .firstTruthyOrLast: index == last || Self.truth(of: argument) == true
                case .variableDefault: index == 1
                case .shares: false
                }
            if known.result == .shares, let variant = argument.arrayValue?.first {
                check(variant, at: openReferences > 0 ? pointer : here.appending(index).appending(0))
            }
            if canBeResult { check(argument, at: openReferences > 0 ? pointer : here.appending(index)) }
        }
    }

    /// Of what is constant; nil for what has to be evaluated. Rules count as possible results only where they are
    /// certain to be: a comparison that decides an `and` is a condition, not an answer.
    private static func truth(of json: JSONValue) -> Bool? {
        switch json {
        case .array, .object: nil
        default: Loose.isTrue(json)
        }
    }

    private mutating func report(_ message: String, _ hint: String, at pointer: JSONPointer) {
        problems.append(
            Problem(severity: lenient ? .warning : .error, pointer: pointer, message: message, hint: hint))
    }
}
