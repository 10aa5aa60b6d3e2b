import JSON

/// One pilot group, ready to be asked. A value over shared parts.
struct CompiledPilot: Sendable {
    /// What a group may have besides members; shared by all copies.
    final class Terms: Sendable {
        let definition: PilotDefinition
        let rule: Expression?
        let exclude: Set<ExactString>

        init(_ definition: PilotDefinition, rule: Expression?) {
            self.definition = definition
            self.rule = rule
            exclude = Set(definition.exclude.map { ExactString($0) })
        }
    }

    var members: MemberSet
    /// Nil for a group that is its members and nothing else.
    let terms: Terms?

    /// Is this targeting key in the group? An excluded one never is.
    func contains(_ key: String, group: String, in scope: Scope) throws(TargetingFault) -> Bool {
        guard let terms else { return members.contains(key) }
        if terms.exclude.contains(ExactString(key)) { return false }
        if members.contains(key) { return true }
        if isWithinPercentage(key, terms, group: group, bucketing: scope.bucketing) { return true }
        return try takesIn(terms, group: group, scope)
    }

    /// For a user without a key: only a rule can take that one in, or everybody.
    func containsNameless(group: String, in scope: Scope) throws(TargetingFault) -> Bool {
        guard let terms else { return false }
        if terms.definition.percentage == .everybody { return true }
        return try takesIn(terms, group: group, scope)
    }

    private func takesIn(_ terms: Terms, group: String, _ scope: Scope) throws(TargetingFault) -> Bool {
        guard let rule = terms.rule else { return false }
        // A group is the same for every flag that asks: its rule doesn't see which one does.
        return try rule.isTrue(in: scope.asking(for: Self.salt(of: group)))
    }

    private func isWithinPercentage(_ key: String, _ terms: Terms, group: String, bucketing: Bucketing) -> Bool {
        let percentage = terms.definition.percentage
        if percentage == .none { return false }
        if percentage == .everybody { return true }
        let hash = Bucket.hash(of: key, salt: Self.salt(of: group), bucketing)
        return Bucket.index(of: hash, among: 10_000) < UInt64(percentage.hundredths)
    }

    /// Stands in for a flag's key, so that a group's share is independent of any flag's.
    static func salt(of group: String) -> String { "pilot:\(group)" }
}
