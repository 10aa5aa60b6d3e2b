import Flags
import HashTreeCollections
import JSON
import Testing

/// Reads a document from text; the text itself must be sound.
func readDocument(
    _ text: String, lenient: Bool = false, knownPilots: Set<String> = []
) throws -> (document: FlagDocument, problems: [Problem]) {
    let root = try #require(JSONReader.read(text).value, "the test's own JSON is broken: \(text)")
    var problems: [Problem] = []
    let document = FlagDocument.read(
        root, lenient: lenient, knownPilots: { knownPilots.contains($0) }, problems: &problems)
    return (document, problems)
}

/// A flag set holding a document's flags, components and pilot groups, by way of their stored bytes.
func flagSet(_ text: String, lenient: Bool = false) throws -> FlagSet {
    let (document, problems) = try readDocument(text, lenient: lenient)
    let errors = problems.filter { $0.severity == .error }
    try #require(errors.isEmpty, "\(errors)")
    var set = FlagSet()
    for pilot in document.pilots {
        try set.put(pilot: pilot.name, storedBytes: pilot.storedBytes, members: MemberSet(pilot.members))
    }
    for flag in document.flags { try set.put(flag: flag.key, storedBytes: flag.storedBytes) }
    for var component in document.components {
        component.settleSplit(from: nil)
        try set.put(component: component.name, storedBytes: component.storedBytes)
    }
    return set
}

func context(_ text: String) throws -> EvaluationContext {
    try EvaluationContext(json: #require(JSONReader.read(text, purpose: .context).value))
}
