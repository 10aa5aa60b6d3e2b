/// Why a release doesn't do what it was told. Nothing has changed.
package struct ReleaseRefusal: Error, Sendable, Hashable {
    /// "Release not started"
    package var title: String
    package var detail: String
    package var hint: String?
    /// By name: those that stand in the way.
    package var agents: [String]
    /// What was changed otherwise since the launch, a line for each.
    package var conflicts: [String]

    package init(
        _ title: String, detail: String, hint: String? = nil, agents: [String] = [], conflicts: [String] = []
    ) {
        self.title = title
        self.detail = detail
        self.hint = hint
        self.agents = agents
        self.conflicts = conflicts
    }
}
