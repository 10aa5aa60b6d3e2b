import JSON

/// One pilot group, ready to be asked. Immutable and shared.
final class CompiledPilot: Keyed, Sendable {
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

    let key: HashedKey
    let members: MemberSet
    /// Nil for a group that is its members and nothing else.
    let terms: Terms?

    init(_ name: String, members: MemberSet, terms: Terms?) {
        key = HashedKey(name)
        self.members = members
        self.terms = terms
    }

    /// Is this user in the group? An excluded one never is.
    func contains(_ user: String, in scope: Scope) throws(TargetingFault) -> Bool {
        guard let terms else { return members.contains(user) }
        if terms.exclude.contains(ExactString(user)) { return false }
        if members.contains(user) { return true }
        if isWithinPercentage(user, terms, scope.bucketing) { return true }
        return try takesIn(terms, scope)
    }

    /// For a user without a key: only a rule can take that one in, or everybody.
    func containsNameless(in scope: Scope) throws(TargetingFault) -> Bool {
        guard let terms else { return false }
        if terms.definition.percentage == .everybody { return true }
        return try takesIn(terms, scope)
    }

    private func takesIn(_ terms: Terms, _ scope: Scope) throws(TargetingFault) -> Bool {
        guard let rule = terms.rule else { return false }
        // A group is the same for every flag that asks: its rule doesn't see which one does.
        return try rule.isTrue(in: scope.outside(as: salt))
    }

    private func isWithinPercentage(_ user: String, _ terms: Terms, _ bucketing: Bucketing) -> Bool {
        let percentage = terms.definition.percentage
        if percentage == .none { return false }
        if percentage == .everybody { return true }
        let hash = Bucket.hash(of: user, salt: salt, bucketing)
        return Bucket.index(of: hash, among: 10_000) < UInt64(percentage.hundredths)
    }

    /// Stands in for a flag's key, so that a group's share is independent of any flag's.
    var salt: String { "pilot:\(key.text)" }
}
