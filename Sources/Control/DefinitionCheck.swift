import Flags
import HashTreeCollections
import JSON
import Replication

/// Every rule that holds for definitions in documents holds for those that operators change in place. What was wrong with a
/// definition before is no reason: it was let through knowingly.
struct DefinitionCheck {
    private let subject: Subject
    private let state: EnvironmentState

    init(_ key: String, on state: EnvironmentState) {
        subject = Subject(key)
        self.state = state
    }

    /// - Parameters:
    ///   - before: nil for what is made anew.
    ///   - fault: what can't be done, as in `can't be ramped so`.
    func check(
        _ after: JSONValue, instead before: JSONValue?, _ title: String, _ fault: String
    ) throws(Refusal) {
        try Self.refuse(
            problems(of: after), besides: before.map { problems(of: $0) } ?? [], in: subject.title, title, fault)
    }

    /// - Parameters:
    ///   - known: what was wrong before.
    ///   - levels: how many of a pointer's tokens are left out at its beginning.
    static func refuse(
        _ problems: [Problem], besides known: [Problem], in place: String, _ title: String, _ fault: String,
        above levels: Int = 0
    ) throws(Refusal) {
        let known = Set(known)
        let new = problems.filter { $0.severity == .error && !known.contains($0) }
        guard !new.isEmpty else { return }
        throw Refusal(
            .invalid, title, detail: "\(place) \(fault): \(Refusal.count(new.count)); nothing was changed",
            hint: "correct what is listed and try again",
            problems: new.map { PlacedProblem($0, in: place, above: levels) })
    }

    func problems(of json: JSONValue) -> [Problem] {
        var problems: [Problem] = []
        let knownPilots = { (name: String) in state.log.staged.entries[EntryKey(.pilot, name)] != nil }
        if ComponentKey.isComponent(subject.flagKey) {
            _ = ComponentDefinition.read(
                subject.name, json, at: JSONPointer(), lenient: false, knownPilots: knownPilots, problems: &problems)
        } else {
            _ = FlagDefinition.read(
                key: subject.name, json, at: JSONPointer(), lenient: false, knownPilots: knownPilots,
                problems: &problems)
        }
        return problems
    }
}
