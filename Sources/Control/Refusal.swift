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

    static func unknownFlag(_ key: String, in state: ReplicatedState) -> Refusal {
        let known = state.entries.keys.lazy.filter { $0.kind == .flag }.map(\.name)
        return Refusal(
            .unknown, "No such flag", detail: "there is no flag \"\(key)\"",
            hint: NearestName.hint(for: key, among: Array(known), fallback: "`pilotlight flag list` shows them all"))
    }

    static func noSuchVariant(_ name: String, of flag: FlagDefinition) -> Refusal {
        Refusal(
            .invalid, "No such variant", detail: "flag \"\(flag.key)\" has no variant \"\(name)\"",
            hint: NearestName.hint(
                for: name, among: flag.variants.keys,
                fallback: "`pilotlight flag show \(flag.key)` shows its variants"))
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
