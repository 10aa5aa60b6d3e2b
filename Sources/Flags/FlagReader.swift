import JSON

/// Reads one flag of a document and reports everything wrong with it. A flag with no error has a definition.
struct FlagReader {
    /// Levels of JSON in a flag, so that its stored bytes, wrapped in a document or an answer, stay readable.
    static let deepestFlag = 120
    /// Values that the references of one document may bring in, all flags together: a small text must not expand
    /// into gigabytes.
    static let mostReferencedNodes = 1_000_000

    let lenient: Bool
    let references: EvaluatorReferences
    /// Laid under each flag's own metadata.
    let commonMetadata: JSONObject
    var problems: [Problem] = []
    private(set) var pilotUses: [ExpressionCompiler.PilotUse] = []
    private var referencedNodes = 0

    let checksResults: Bool

    /// `checksResults` is left out where only errors matter and unknown variant names are none.
    init(
        lenient: Bool, references: EvaluatorReferences = .none, commonMetadata: JSONObject = [:],
        checksResults: Bool = true
    ) {
        self.lenient = lenient
        self.checksResults = checksResults
        self.references = references
        self.commonMetadata = commonMetadata
    }

    mutating func read(
        key: String, _ json: JSONValue, at pointer: JSONPointer
    ) -> (definition: FlagDefinition, rules: FlagRules)? {
        let before = problems.count
        if let fault = FlagDefinition.fault(inKey: key) {
            refuse(pointer, fault, "keys are 1 to \(FlagDefinition.longestKeyBytes) bytes of printable text")
        }
        guard case .object(let object) = json else {
            refuse(pointer, "the flag is \(json.kindText)", "a flag is an object with state and variants")
            return nil
        }
        for member in object where !FlagDefinition.memberNames.contains(where: { $0.isExactly(member.key) }) {
            refuse(pointer.appending(member.key), "a flag has no member \"\(member.key)\"", Self.hint(for: member.key))
        }
        let state = readState(object["state"], at: pointer)
        let variants = readVariants(object["variants"], at: pointer)
        let defaultVariant = readDefaultVariant(object["defaultVariant"], variants: variants, at: pointer)
        let description = readDescription(object["description"], at: pointer)
        var metadata = commonMetadata
        for member in Self.readMetadata(object["metadata"], at: pointer.appending("metadata"), problems: &problems) {
            metadata[member.key] = member.value
        }
        var expanded: JSONValue?
        var rules = FlagRules()
        if let targeting = object["targeting"] {
            (expanded, rules.targeting) = readTargeting(
                targeting, variants: variants, at: pointer.appending("targeting"))
        }
        let offVariant = readOffVariant(object["offVariant"], variants: variants, at: pointer)
        let prerequisites = readPrerequisites(object["prerequisites"], ofFlag: key, at: pointer)
        let rollout = readRollout(object["rollout"], variants: variants, at: pointer)
        if let rollout {
            checkReach(of: rollout, behind: expanded, at: pointer)
            rules.rollout = compile(rollout, flagKey: key)
        }
        guard let state, let variants, !problems.dropFirst(before).contains(where: { $0.severity == .error }) else {
            return nil
        }
        var definition = FlagDefinition(
            key: key, state: state, variants: variants, defaultVariant: defaultVariant, targeting: expanded,
            description: description, metadata: metadata)
        definition.offVariant = offVariant
        definition.prerequisites = prerequisites
        definition.rollout = rollout
        let parts = [JSONValue.object(variants), expanded ?? .null]
        guard parts.allSatisfy({ Self.depth(of: $0, limit: Self.deepestFlag) < Self.deepestFlag }) else {
            refuse(pointer, "the flag nests deeper than \(Self.deepestFlag) levels", "flatten it")
            return nil
        }
        return (definition, rules)
    }

    mutating func uses(pilot name: String, at pointer: JSONPointer) {
        pilotUses.append(ExpressionCompiler.PilotUse(name: name, pointer: pointer))
    }

    /// Checks that values are strings, numbers or booleans; gives the good ones.
    static func readMetadata(
        _ json: JSONValue?, at pointer: JSONPointer, problems: inout [Problem]
    ) -> JSONObject {
        guard let json else { return [:] }
        guard case .object(let object) = json else {
            problems.append(
                Problem(
                    pointer: pointer, message: "the metadata is \(json.kindText)",
                    hint: "metadata is an object of strings, numbers and booleans"))
            return [:]
        }
        return JSONObject(
            members: object.filter { member in
                switch member.value {
                case .string, .integer, .double, .bool: return true
                case .null, .array, .object:
                    problems.append(
                        Problem(
                            pointer: pointer.appending(member.key),
                            message: "the metadata \"\(member.key)\" is \(member.value.kindText)",
                            hint: "metadata holds strings, numbers and booleans"))
                    return false
                }
            })
    }

    mutating func refuse(_ pointer: JSONPointer, _ message: String, _ hint: String? = nil) {
        problems.append(Problem(pointer: pointer, message: message, hint: hint))
    }

    private mutating func readState(_ json: JSONValue?, at pointer: JSONPointer) -> FlagDefinition.State? {
        let hint = "state is \"ENABLED\" or \"DISABLED\""
        switch json {
        case nil: refuse(pointer, "the flag has no state", hint)
        case .string(let text)?:
            if let state = FlagDefinition.State(rawValue: text) { return state }
            refuse(pointer.appending("state"), "the state is \"\(text)\"", hint)
        case let other?: refuse(pointer.appending("state"), "the state is \(other.kindText)", hint)
        }
        return nil
    }

    private mutating func readDefaultVariant(
        _ json: JSONValue?, variants: JSONObject?, at pointer: JSONPointer
    ) -> String? {
        let here = pointer.appending("defaultVariant")
        switch json {
        case nil, .null?: return nil
        case .string(let name)?:
            // What flagd exports for a flag without a default variant; no variant can have the empty name.
            if name.isEmpty { return nil }
            if let variants, variants[name] == nil {
                refuse(
                    here, "the default variant \"\(name)\" is none of the variants",
                    NearestName.hint(for: name, among: variants.keys, listedAs: "the variants are"))
            }
            return name
        case let other?:
            refuse(here, "the default variant is \(other.kindText)", "it is a variant's name, or null for none")
            return nil
        }
    }

    mutating func readDescription(_ json: JSONValue?, at pointer: JSONPointer) -> String? {
        switch json {
        case nil: return nil
        case .string(let text)?: return text
        case let other?:
            refuse(pointer.appending("description"), "the description is \(other.kindText)", "it is a string")
            return nil
        }
    }

    private mutating func readTargeting(
        _ json: JSONValue, variants: JSONObject?, at pointer: JSONPointer
    ) -> (JSONValue?, Expression?) {
        guard case .object(let rule) = json else {
            refuse(
                pointer, "the targeting is \(json.kindText)",
                "targeting is an object holding one operator; leave it out for none")
            return (nil, nil)
        }
        guard !rule.isEmpty else { return (json, nil) }
        var compiler = ExpressionCompiler(references: references, lenient: lenient)
        let expression = compiler.compile(json, at: pointer)
        problems += compiler.problems
        pilotUses += compiler.pilotUses
        guard !compiler.stopped else { return (nil, nil) }
        referencedNodes += compiler.referencedNodes
        guard referencedNodes <= Self.mostReferencedNodes else {
            refuse(
                pointer, "the references of the document bring in more than \(Self.mostReferencedNodes) values",
                "put long lists of users into a pilot group and use in_pilot, or split the document")
            return (nil, nil)
        }
        if let variants, checksResults {
            var check = ResultCheck(references: references, variants: variants, lenient: lenient)
            check.check(json, at: pointer)
            problems += check.problems
        }
        guard
            let expanded = references.expanded(
                json, nodeLimit: 2 * ExpressionCompiler.mostNodes, depthLimit: Self.deepestFlag)
        else {
            refuse(pointer, "the targeting nests deeper than \(Self.deepestFlag) levels", "flatten it")
            return (nil, nil)
        }
        return (expanded, expression)
    }

    /// The levels of arrays and objects, counted no further than one above `limit`.
    private static func depth(of json: JSONValue, limit: Int) -> Int {
        switch json {
        case .array(let elements):
            limit == 0 ? 1 : 1 + (elements.lazy.map { depth(of: $0, limit: limit - 1) }.max() ?? 0)
        case .object(let object):
            limit == 0 ? 1 : 1 + (object.members.lazy.map { depth(of: $0.value, limit: limit - 1) }.max() ?? 0)
        default: 0
        }
    }

    private static func hint(for member: String) -> String {
        switch member {
        case "key": "the key is the name the flag stands under in \"flags\""
        case "source", "selector", "flagSetId": "flagd adds it to what it exports; leave it out"
        case "rules", "rule", "targetingRules": "rules go into \"targeting\", as JSONLogic"
        case "defaultValue", "default": "name a variant in \"defaultVariant\""
        case "off": "name a variant in \"offVariant\""
        case "requires": "write \"prerequisites\": [{\"flag\": \"KEY\", \"variant\": \"NAME\"}]"
        case "enabled", "disabled": "write \"state\": \"ENABLED\" or \"DISABLED\""
        default:
            NearestName.hint(for: member, among: FlagDefinition.memberNames, listedAs: "the members are")
        }
    }
}
