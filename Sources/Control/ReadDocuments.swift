import Flags
import JSON
import Replication

/// Everything that a set of documents asks for, with every problem in them. Reading is pure and costs by the documents'
/// size, so it runs beside the committer's thread, never on it.
package struct ReadDocuments: Sendable {
    package struct Flag: Sendable {
        package var definition: FlagDefinition
        /// Canonical JSON, written once: agents store and digest these bytes.
        package var storedBytes: [UInt8]
        /// What it refers to.
        package var uses: Set<EntryKey>
        package var document: String

        var pilotsUsed: Set<String> { Set(uses.lazy.filter { $0.kind == .pilot }.map(\.name)) }
    }

    /// Each flag and component, by flag key, with the groups that it refers to.
    var users: [(key: String, pilots: Set<String>, document: String)] {
        flags.map { ($0.definition.key, $0.pilotsUsed, $0.document) }
            + components.map { ($0.key, $0.definition.pilotsNamed, $0.document) }
    }

    package struct Component: Sendable {
        /// A split that is given in percent isn't settled yet: that takes the slots that there are.
        package var definition: ComponentDefinition
        package var document: String

        package var key: String { ComponentKey.flagKey(of: definition.name) }
    }

    package struct Pilot: Sendable {
        package var definition: PilotDefinition
        /// Without its members, which are stored by themselves.
        package var storedBytes: [UInt8]
        package var document: String

        package var name: String { definition.name }
    }

    package private(set) var flags: [Flag] = []
    package private(set) var components: [Component] = []
    package private(set) var pilots: [Pilot] = []
    package private(set) var problems: [PlacedProblem] = []
    package private(set) var warnings: [PlacedProblem] = []
    package let lenient: Bool
    private let sources: [SourceDocument]

    /// `knownPilots` says which groups the environment has beside those that the documents bring.
    package init(_ sources: [SourceDocument], lenient: Bool, knownPilots: (String) -> Bool) {
        self.lenient = lenient
        self.sources = sources
        let readers = sources.map { DocumentReader($0) }
        for reader in readers { problems += reader.problems }
        var brought: Set<String> = []
        for reader in readers {
            if let root = reader.root { brought.formUnion(FlagDocument.pilotNames(in: root)) }
        }
        var flagsAt: [ExactString: String] = [:]
        var componentsAt: [String: String] = [:]
        var pilotsAt: [String: String] = [:]
        for reader in readers {
            guard let root = reader.root else { continue }
            let name = reader.document.name
            var found: [Problem] = []
            let document = FlagDocument.read(
                root, lenient: lenient, knownPilots: { brought.contains($0) || knownPilots($0) }, problems: &found)
            for problem in found { place(problem, reader) }
            for flag in document.flags {
                let place = JSONPointer().appending("flags").appending(flag.key)
                if let other = flagsAt.updateValue(name, forKey: ExactString(flag.key)) {
                    addDouble("flag \"\(flag.key)\"", other, place, reader)
                }
                flags.append(
                    Flag(
                        definition: flag, storedBytes: flag.storedBytes,
                        uses: FlagReferences.entries(in: flag.json), document: name))
            }
            for component in document.components {
                let place = JSONPointer().appending("components").appending(component.name)
                if let other = componentsAt.updateValue(name, forKey: component.name) {
                    addDouble("component \"\(component.name)\"", other, place, reader)
                }
                components.append(Component(definition: component, document: name))
            }
            for pilot in document.pilots {
                let place = JSONPointer().appending("pilots").appending(pilot.name)
                if let other = pilotsAt.updateValue(name, forKey: pilot.name) {
                    addDouble("pilot group \"\(pilot.name)\"", other, place, reader)
                }
                pilots.append(Pilot(definition: pilot, storedBytes: pilot.storedBytes, document: name))
            }
        }
    }

    /// Finding a place walks the text. Beyond so many problems, the pointer must do.
    private static let maximumPlaces = 500

    private mutating func place(_ problem: Problem, _ reader: DocumentReader) {
        let isPlaced = problems.count + warnings.count < Self.maximumPlaces
        let placed = PlacedProblem(
            problem, in: reader.document.name, at: isPlaced ? reader.position(of: problem.pointer) : nil)
        if problem.severity == .warning { warnings.append(placed) } else { problems.append(placed) }
    }

    /// The same refusal, with lines and columns for what was found wrong only beside other definitions.
    func placed(_ refusal: Refusal) -> Refusal {
        var refusal = refusal
        refusal.problems = placed(refusal.problems)
        return refusal
    }

    func placed(_ problems: [PlacedProblem]) -> [PlacedProblem] {
        let unplaced = Set(problems.lazy.filter { $0.position == nil && !$0.pointer.isEmpty }.map(\.document))
        guard !unplaced.isEmpty else { return problems }
        // Read again: where things stand is asked for so seldom that it isn't kept.
        let readers = sources.filter { unplaced.contains($0.name) }.map { DocumentReader($0) }
        return problems.enumerated().map { index, problem in
            guard problem.position == nil, index < Self.maximumPlaces, let pointer = JSONPointer(problem.pointer),
                let reader = readers.first(where: { $0.document.name == problem.document })
            else { return problem }
            var placed = problem
            placed.position = reader.position(of: pointer)
            return placed
        }
    }

    private mutating func addDouble(
        _ what: String, _ other: String, _ pointer: JSONPointer, _ reader: DocumentReader
    ) {
        // Within one document the reader has already said that the key stands twice.
        guard other != reader.document.name else { return }
        problems.append(
            PlacedProblem(
                document: reader.document.name, pointer: pointer.description, position: reader.position(of: pointer),
                message: "\(what) is defined in \(other) as well as in \(reader.document.name)",
                hint: "keep it in one of the two"))
    }
}
