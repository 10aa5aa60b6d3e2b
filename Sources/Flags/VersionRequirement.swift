import JSON

/// What the version of a service must be: `checkout >= 1.4.2`.
package struct VersionRequirement: Sendable, Hashable {
    package var service: String
    package var relation: VersionRelation
    package var version: String

    package init(service: String, relation: VersionRelation, version: String) {
        self.service = service
        self.relation = relation
        self.version = version
    }

    package var text: String { "\(service) \(relation.rawValue) \(version)" }

    /// Three words. Nil for another shape, and for what no service or version can be called.
    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard words.count == 3, let relation = VersionRelation(rawValue: words[1]),
            ComponentDefinition.fault(inName: words[0]) == nil, ComponentVersion.fault(inName: words[2]) == nil
        else { return nil }
        self.init(service: words[0], relation: relation, version: words[2])
    }

    /// Semantic versions by their order. Others are equal or not: `=`, `>=` and `<=` hold for the very same text, `!=` for
    /// another, and the rest for none.
    package func isMet(byVersion other: String) -> Bool {
        if let mine = SemanticVersion(version), let theirs = SemanticVersion(other) {
            return relation.holds(theirs, mine)
        }
        let isSame = other.isExactly(version)
        switch relation {
        case .equal, .greaterOrEqual, .lessOrEqual: return isSame
        case .notEqual: return !isSame
        case .less, .greater, .sameMajor, .sameMinor: return false
        }
    }

    /// Nothing is required of other services.
    package func isMet(by identity: ServiceIdentity) -> Bool {
        !identity.service.isExactly(service) || isMet(byVersion: identity.version)
    }

    /// What may go on being required when a release is over, because later versions meet it too: at least that version.
    /// Nil where there is no such thing: versions that have no order, and requirements that aren't about old versions.
    package var floor: VersionRequirement? {
        guard SemanticVersion(version) != nil else { return nil }
        switch relation {
        case .greater, .greaterOrEqual: return self
        case .equal: return VersionRequirement(service: service, relation: .greaterOrEqual, version: version)
        case .less, .lessOrEqual, .notEqual, .sameMajor, .sameMinor: return nil
        }
    }
}
