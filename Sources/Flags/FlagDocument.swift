import JSON

/// What an apply file holds: a flagd document, with components and pilot groups beside the flags.
package struct FlagDocument: Sendable {
    package var flags: [FlagDefinition]
    package var pilots: [PilotDefinition]
    package var components: [ComponentDefinition]

    package init(
        flags: [FlagDefinition] = [], pilots: [PilotDefinition] = [], components: [ComponentDefinition] = []
    ) {
        self.flags = flags
        self.pilots = pilots
        self.components = components
    }

    /// Reads a document and reports every problem in it. Only flags, components and pilot groups without an error are
    /// given; the whole is to be refused as soon as one problem is an error.
    ///
    /// `lenient` turns unknown operators, unknown references (evaluators and pilot groups) and unknown variant names
    /// in targeting into warnings. `knownPilots` tells which pilot groups exist beside those of this document.
    package static func read(
        _ root: JSONValue, lenient: Bool, knownPilots: (String) -> Bool, problems: inout [Problem]
    ) -> FlagDocument {
        var reader = FlagDocumentReader(lenient: lenient)
        let document = reader.read(root)
        let own = Set(pilotNames(in: root).map { ExactString($0) })
        reader.checkPilots { own.contains(ExactString($0)) || knownPilots($0) }
        problems += reader.problems
        return document
    }

    /// The pilot groups a document names, whether or not they are well-formed.
    package static func pilotNames(in root: JSONValue) -> [String] { root["pilots"]?.objectValue?.keys ?? [] }
}

extension FlagDefinition {
    /// Reads one flag that stands by itself: there are no evaluators it could refer to.
    package static func read(
        key: String, _ json: JSONValue, at pointer: JSONPointer, lenient: Bool, knownPilots: (String) -> Bool,
        problems: inout [Problem]
    ) -> FlagDefinition? {
        var reader = FlagReader(lenient: lenient)
        let read = reader.read(key: key, json, at: pointer)
        problems += reader.problems
        let unknown = ExpressionCompiler.unknownPilots(reader.pilotUses, lenient: lenient, known: knownPilots)
        problems += unknown
        return unknown.contains { $0.severity == .error } ? nil : read?.definition
    }
}

extension ComponentDefinition {
    /// Reads one component that stands by itself.
    package static func read(
        _ name: String, _ json: JSONValue, at pointer: JSONPointer, lenient: Bool, knownPilots: (String) -> Bool,
        problems: inout [Problem]
    ) -> ComponentDefinition? {
        var reader = ComponentReader(lenient: lenient)
        let read = reader.read(name, json, at: pointer)
        problems += reader.problems
        let unknown = ExpressionCompiler.unknownPilots(reader.pilotUses, lenient: lenient, known: knownPilots)
        problems += unknown
        return unknown.contains { $0.severity == .error } ? nil : read
    }
}

extension ExpressionCompiler {
    /// One problem for each place that names a pilot group there is none of.
    static func unknownPilots(_ uses: [PilotUse], lenient: Bool, known: (String) -> Bool) -> [Problem] {
        uses.compactMap { use in
            guard let pointer = use.pointer, !known(use.name) else { return nil }
            return Problem(
                severity: lenient ? .warning : .error, pointer: pointer,
                message: "there is no pilot group \"\(use.name)\"",
                hint: "create it first (pilotlight pilot create \(use.name)), or list it under \"pilots\"")
        }
    }
}
