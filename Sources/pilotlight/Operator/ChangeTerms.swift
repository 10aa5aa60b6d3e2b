/// What goes with one change: why, on which condition, and under which key.
struct ChangeTerms {
    /// Bytes of a key as an operator gives it: part numbers come on top.
    static let longestKey = 200

    var message: String?
    /// The number that the environment must stand at.
    var ifRevision: Int64?
    /// The same key is the same change, however often it is sent; nil for what changes nothing.
    var key: String?

    /// A look ahead changes nothing: it can be sent again without a key, and leaves the key to the change that follows it.
    func dryRun(_ isDryRun: Bool) -> ChangeTerms {
        var terms = self
        if isDryRun { terms.key = nil }
        return terms
    }

    /// The terms of one part of a change that is sent in several.
    /// - Parameters:
    ///   - index: from 0.
    ///   - revision: where the parts before it have left the environment; nil for the first.
    func part(_ index: Int, after revision: Int64?) -> ChangeTerms {
        var part = self
        part.key = key.map { "\($0).\(index + 1)" }
        if ifRevision != nil, let revision { part.ifRevision = revision }
        return part
    }
}
