import JSON

/// Reads the top level of a document; each flag goes through a `FlagReader`.
struct FlagDocumentReader {
    let lenient: Bool
    private(set) var problems: [Problem] = []
    private var pilotUses: [ExpressionCompiler.PilotUse] = []

    private static let memberNames = ["$schema", "flags", "$evaluators", "metadata", "pilots", "components"]

    init(lenient: Bool) { self.lenient = lenient }

    mutating func read(_ root: JSONValue) -> FlagDocument {
        let top = JSONPointer()
        guard case .object(let object) = root else {
            refuse(top, "the document is \(root.kindText)", "a document is an object with \"flags\"")
            return FlagDocument()
        }
        for member in object where !Self.memberNames.contains(where: { $0.isExactly(member.key) }) {
            refuse(
                top.appending(member.key), "a document has no member \"\(member.key)\"",
                NearestName.hint(for: member.key, among: Self.memberNames, listedAs: "the members are"))
        }
        if let schema = object["$schema"], schema.stringValue == nil {
            refuse(top.appending("$schema"), "\"$schema\" is \(schema.kindText)", "it is a URL in a string")
        }
        if ["flags", "pilots", "components"].allSatisfy({ object[$0] == nil }) {
            refuse(
                top, "the document has neither \"flags\" nor \"pilots\" nor \"components\"", "write {\"flags\": {…}}")
        }
        let references = readEvaluators(object["$evaluators"])
        let metadata = FlagReader.readMetadata(
            object["metadata"], at: top.appending("metadata"), problems: &problems)
        return FlagDocument(
            flags: readFlags(object["flags"], references: references, metadata: metadata),
            pilots: readPilots(object["pilots"], references: references),
            components: readComponents(object["components"]))
    }

    /// Reports the pilot groups that targeting names and `known` doesn't know.
    mutating func checkPilots(_ known: (String) -> Bool) {
        problems += ExpressionCompiler.unknownPilots(pilotUses, lenient: lenient, known: known)
    }

    private mutating func refuse(_ pointer: JSONPointer, _ message: String, _ hint: String? = nil) {
        problems.append(Problem(pointer: pointer, message: message, hint: hint))
    }

    /// Each evaluator is compiled by itself, so that what is wrong in it is reported once and where it stands.
    private mutating func readEvaluators(_ json: JSONValue?) -> EvaluatorReferences {
        guard let json else { return .none }
        let pointer = JSONPointer().appending("$evaluators")
        let references = EvaluatorReferences(json, at: pointer, problems: &problems)
        for name in references.names {
            guard case .rule(let rule) = references[name] else { continue }
            var compiler = ExpressionCompiler(references: references, lenient: lenient, followsReferences: false)
            _ = compiler.compile(rule, at: pointer.appending(name))
            problems += compiler.problems
            pilotUses += compiler.pilotUses
        }
        return references
    }

    private mutating func readFlags(
        _ json: JSONValue?, references: EvaluatorReferences, metadata: JSONObject
    ) -> [FlagDefinition] {
        guard let json else { return [] }
        let pointer = JSONPointer().appending("flags")
        guard case .object(let object) = json else {
            let hint =
                json.arrayValue == nil
                ? "it is an object of flags by key" : "write {\"KEY\": {…}} instead of [{\"key\": \"KEY\", …}]"
            refuse(pointer, "\"flags\" is \(json.kindText)", hint)
            return []
        }
        var reader = FlagReader(lenient: lenient, references: references, commonMetadata: metadata)
        let flags = object.compactMap {
            reader.read(key: $0.key, $0.value, at: pointer.appending($0.key))?.definition
        }
        problems += reader.problems
        pilotUses += reader.pilotUses
        return flags
    }

    private mutating func readComponents(_ json: JSONValue?) -> [ComponentDefinition] {
        guard let json else { return [] }
        let pointer = JSONPointer().appending("components")
        guard case .object(let object) = json else {
            refuse(pointer, "\"components\" is \(json.kindText)", "it is an object of components by name")
            return []
        }
        var reader = ComponentReader(lenient: lenient)
        let components = object.compactMap { reader.read($0.key, $0.value, at: pointer.appending($0.key)) }
        problems += reader.problems
        pilotUses += reader.pilotUses
        return components
    }

    private mutating func readPilots(_ json: JSONValue?, references: EvaluatorReferences) -> [PilotDefinition] {
        guard let json else { return [] }
        let pointer = JSONPointer().appending("pilots")
        guard case .object(let object) = json else {
            refuse(pointer, "\"pilots\" is \(json.kindText)", "it is an object of pilot groups by name")
            return []
        }
        var reader = PilotReader(lenient: lenient, references: references)
        let pilots = object.compactMap {
            reader.read($0.key, $0.value, at: pointer.appending($0.key))?.definition
        }
        problems += reader.problems
        return pilots
    }
}
