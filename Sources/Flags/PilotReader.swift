import JSON

/// Reads one pilot group of a document and reports everything wrong with it.
struct PilotReader {
    let lenient: Bool
    let references: EvaluatorReferences
    private(set) var problems: [Problem] = []

    init(lenient: Bool, references: EvaluatorReferences = .none) {
        self.lenient = lenient
        self.references = references
    }

    private static let shape =
        "write {\"members\": [\"ann\", …]}, where the list may be empty; \"rule\", \"percentage\" and \"exclude\" are free"

    /// - Parameter wantsMembers: false for what is stored, where members stand by themselves.
    mutating func read(
        _ name: String, _ json: JSONValue, at pointer: JSONPointer, wantsMembers: Bool = true
    ) -> (definition: PilotDefinition, rule: Expression?)? {
        let before = problems.count { $0.severity == .error }
        if let fault = PilotDefinition.fault(inName: name) { refuse(pointer, fault, "rename it, e.g. \"beta-users\"") }
        guard case .object(let object) = json else {
            refuse(pointer, "the pilot group is \(json.kindText)", Self.shape)
            return nil
        }
        let known = wantsMembers ? PilotDefinition.memberNames : PilotDefinition.memberNames.filter { $0 != "members" }
        for member in object where !known.contains(where: { $0.isExactly(member.key) }) {
            refuse(
                pointer.appending(member.key), "a pilot group has no member \"\(member.key)\"",
                NearestName.hint(for: member.key, among: known, listedAs: "it has"))
        }
        var definition = PilotDefinition(name: name)
        if let percentage = object.present("percentage") {
            if let read = Percentage(percentage) {
                definition.percentage = read
            } else {
                refuse(
                    pointer.appending("percentage"), "the percentage is \(percentage.compactText())",
                    "it is a number from 0 to 100, with two decimals at most")
            }
        }
        var rule: Expression?
        if let json = object.present("rule") {
            (definition.rule, rule) = readRule(json, at: pointer.appending("rule"))
        }
        definition.exclude = readList(object.present("exclude"), "exclude", at: pointer)
        if definition.exclude.count > PilotDefinition.mostExcluded {
            refuse(
                pointer.appending("exclude"),
                "the group excludes \(definition.exclude.count) users; at most \(PilotDefinition.mostExcluded) are taken",
                "put them into a group of their own, and ask for both in the rule of a flag")
        }
        if wantsMembers, object["members"] == nil, object.present("rule") == nil, object.present("percentage") == nil {
            refuse(
                pointer, "the pilot group has no members", "write {\"members\": [\"ann\", …]}; the list may be empty")
        }
        definition.members = readList(object["members"], "members", at: pointer)
        return problems.count { $0.severity == .error } == before ? (definition, rule) : nil
    }

    private mutating func refuse(_ pointer: JSONPointer, _ message: String, _ hint: String? = nil) {
        problems.append(Problem(pointer: pointer, message: message, hint: hint))
    }

    private mutating func readRule(_ json: JSONValue, at pointer: JSONPointer) -> (JSONValue?, Expression?) {
        guard case .object(let object) = json, !object.isEmpty else {
            refuse(
                pointer, json == .object([:]) ? "the rule is empty" : "the rule is \(json.kindText)",
                "a rule is an object holding one operator; leave it out for none")
            return (nil, nil)
        }
        var compiler = ExpressionCompiler(references: references, lenient: lenient)
        let expression = compiler.compile(json, at: pointer)
        problems += compiler.problems
        for use in compiler.pilotUses {
            refuse(
                use.pointer ?? pointer, "the rule of a pilot group asks about the pilot group \"\(use.name)\"",
                "name both groups where they are used, such as {\"or\": [{\"in_pilot\": \"a\"}, {\"in_pilot\": \"b\"}]}"
            )
        }
        guard
            let expanded = references.expanded(
                json, nodeLimit: 2 * ExpressionCompiler.mostNodes, depthLimit: FlagReader.deepestFlag)
        else {
            refuse(pointer, "the rule nests deeper than \(FlagReader.deepestFlag) levels", "flatten it")
            return (nil, nil)
        }
        return (expanded, expression)
    }

    private mutating func readList(_ json: JSONValue?, _ name: String, at pointer: JSONPointer) -> [String] {
        guard let json else { return [] }
        let here = pointer.appending(name)
        guard case .array(let elements) = json else {
            refuse(here, "\"\(name)\" is \(json.kindText)", Self.shape)
            return []
        }
        var members: [String] = []
        members.reserveCapacity(elements.count)
        var places: [ExactString: Int] = [:]
        places.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard case .string(let member) = element else {
                refuse(
                    here.appending(index), "a member is \(element.kindText)", "members are targeting keys: strings")
                continue
            }
            if let fault = PilotDefinition.fault(inMember: member) {
                refuse(here.appending(index), fault, "members are 1 to \(PilotDefinition.longestMemberBytes) bytes")
            }
            if let first = places.updateValue(index, forKey: ExactString(member)) {
                places[ExactString(member)] = first
                refuse(
                    here.appending(index), "the member \"\(member)\" stands twice",
                    "the first is at index \(first); remove one")
            }
            members.append(member)
        }
        return members
    }
}
