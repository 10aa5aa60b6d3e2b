/// What an operator asks of one environment.
package struct ChangeRequest: Sendable {
    package enum Kind: Sendable {
        case apply(ApplyRequest)
        case setDefault(flag: String, variant: String)
        case setState(flag: String, enabled: Bool)
        case deleteFlag(String)
        case createPilot(String)
        case deletePilot(String)
        case addMembers(pilot: String, [String])
        case removeMembers(pilot: String, [String])
    }

    package var environment: String
    /// Who asks, as they say of themselves.
    package var actor: String
    package var message: String
    package var kind: Kind

    package init(environment: String, actor: String = "", message: String = "", _ kind: Kind) {
        self.environment = environment
        self.actor = actor
        self.message = message
        self.kind = kind
    }
}

/// Documents, read, and how to apply them.
package struct ApplyRequest: Sendable {
    package var documents: ReadDocuments
    /// Remembers what this apply creates under that name.
    package var set: String?
    /// Deletes what the set created earlier and no document names now. Needs `set`, and to be carried out `confirmPrune`.
    package var prune: Bool
    package var confirmPrune: Bool

    package init(_ documents: ReadDocuments, set: String? = nil, prune: Bool = false, confirmPrune: Bool = false) {
        self.documents = documents
        self.set = set
        self.prune = prune
        self.confirmPrune = confirmPrune
    }
}
