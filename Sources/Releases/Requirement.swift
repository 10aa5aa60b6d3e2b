import Flags

/// What must be deployed before users get a release.
package enum Requirement: Sendable, Hashable {
    /// Every agent of the service, live or silent, reports such a version.
    case everywhere(VersionRequirement)
    /// So many live agents of the service report this very version and work; others may stand beside them.
    case present(service: String, version: String, atLeast: Int)

    package static let mostAgents = 100_000

    package var service: String {
        switch self {
        case .everywhere(let requirement): requirement.service
        case .present(let service, _, _): service
        }
    }

    /// `everywhere: checkout >= 1.4.2` · `present: checkout 1.4.2, at least 2 verified`
    package var text: String {
        switch self {
        case .everywhere(let requirement): "everywhere: \(requirement.text)"
        case .present(let service, let version, let count):
            "present: \(service) \(version), at least \(count) verified"
        }
    }

    /// As `text` has it. Of `present` the count, and the word `verified`, may be left out: one, then. Nil for another shape.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let kind = parts[0].split(separator: " ").joined(separator: " ")
        self.init(kind: kind, String(parts[1]))
    }

    /// - Parameter kind: `everywhere` or `present`.
    init?(kind: String, _ text: String) {
        switch kind {
        case "everywhere":
            guard let requirement = VersionRequirement(text) else { return nil }
            self = .everywhere(requirement)
        case "present":
            let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
            let words = parts[0].split(separator: " ").map(String.init)
            guard words.count == 2, ComponentDefinition.fault(inName: words[0]) == nil,
                ComponentVersion.fault(inName: words[1]) == nil, let count = Self.count(parts.dropFirst().first)
            else { return nil }
            self = .present(service: words[0], version: words[1], atLeast: count)
        default: return nil
        }
    }

    /// `at least 2 verified`
    private static func count(_ text: Substring?) -> Int? {
        guard let text else { return 1 }
        var words = text.split(separator: " ")
        if words.last == "verified" { words.removeLast() }
        guard words.count == 3, words[0] == "at", words[1] == "least", let count = Int(words[2]),
            (1...mostAgents).contains(count)
        else { return nil }
        return count
    }

    /// What an agent of the service asks of its own version before it gives anyone the release.
    package var ofAgent: VersionRequirement {
        switch self {
        case .everywhere(let requirement): requirement
        case .present(let service, let version, _):
            VersionRequirement(service: service, relation: .equal, version: version)
        }
    }
}
