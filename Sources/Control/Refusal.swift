import Flags
import HashTreeCollections
import JSON
import Replication

/// Why a request was not done: nothing of it was. What the operator API sends as problem details.
package struct Refusal: Error, Sendable, CustomStringConvertible {
    package enum Kind: Int, Sendable {
        case malformed = 400
        case unknown = 404
        case methodNotAllowed = 405
        case conflict = 409
        case gone = 410
        case preconditionFailed = 412
        case tooLarge = 413
        case invalid = 422
        case failed = 500
        case busy = 503
    }

    package var kind: Kind
    package var title: String
    package var detail: String
    package var hint: String?
    package var problems: [PlacedProblem]
    /// Further members of the problem document.
    package var members: JSONObject

    package init(
        _ kind: Kind, _ title: String, detail: String, hint: String? = nil, problems: [PlacedProblem] = [],
        members: JSONObject = [:]
    ) {
        self.kind = kind
        self.title = title
        self.detail = detail
        self.hint = hint
        self.problems = problems
        self.members = members
    }

    package var description: String {
        ([title + ": " + detail] + [hint].compactMap { $0 } + problems.map(\.description)).joined(separator: "; ")
    }

    /// `1 problem found`
    static func count(_ problems: Int) -> String { problems == 1 ? "1 problem found" : "\(problems) problems found" }

    // MARK: Those said in more than one place

    /// No flag, or no component, has this flag key.
    static func unknown(_ key: String, in state: ReplicatedState) -> Refusal {
        let subject = Subject(key)
        let known = state.entries.keys.lazy.filter { $0.kind == subject.entry.kind }.map(\.name)
        return Refusal(
            .unknown, "No such \(subject.kind)", detail: "there is no \(subject.title)",
            hint: NearestName.hint(
                for: subject.name, among: Array(known), fallback: "`pilotlight \(subject.kind) list` shows them all"))
    }

    static func noSuchVariant(_ name: String, of flag: FlagDefinition) -> Refusal {
        noSuchVariant(name, of: Subject(flag.key), among: flag.variants.keys)
    }

    static func noSuchVersion(_ name: String, of component: ComponentDefinition) -> Refusal {
        noSuchVariant(
            name, of: Subject(ComponentKey.flagKey(of: component.name)), among: component.versions.map(\.name))
    }

    static func noSuchVariant(_ name: String, of subject: Subject, among known: [String]) -> Refusal {
        Refusal(
            .invalid, "No such \(subject.variant)",
            detail: "\(subject.title) has no \(subject.variant) \"\(name)\"",
            hint: NearestName.hint(
                for: name, among: known, fallback: "\(subject.showCommand) shows its \(subject.variants)"))
    }

    /// A retired version is given to nobody: what names it now was meant otherwise.
    static func retired(_ version: String, of component: ComponentDefinition) -> Refusal {
        Refusal(
            .conflict, "Version is retired",
            detail: "version \"\(version)\" of component \"\(component.name)\" is retired: nobody gets it",
            hint: "bring it back first: pilotlight component add-version \(component.name) \(version)")
    }

    static func unknownPilot(_ name: String, in state: ReplicatedState) -> Refusal {
        let known = state.entries.keys.lazy.filter { $0.kind == .pilot }.map(\.name)
        let hint =
            NearestName.of(name, among: known).map { "did you mean \"\($0)\"?" }
            ?? "make it first: pilotlight pilot create \(name)"
        return Refusal(.unknown, "No such pilot group", detail: "there is no pilot group \"\(name)\"", hint: hint)
    }

    static func unknownEnvironment(_ name: String, known: [String]) -> Refusal {
        Refusal(
            .unknown, "No such environment", detail: "there is no environment \"\(name)\"",
            hint: NearestName.hint(for: name, among: known, fallback: "`pilotlight environment list` shows them all"))
    }

    static func blocked(_ environment: String, _ divergence: Divergence) -> Refusal {
        Refusal(
            .conflict, "Environment takes no writes", detail: "\(environment) takes no writes: \(divergence)",
            hint: "restore the newest data directory, or go on with what this node holds: "
                + "pilotlight environment new-epoch \(environment) --yes",
            members: ["blocked": .string(divergence.kind.rawValue)])
    }
}
