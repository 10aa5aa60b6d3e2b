/// How far a deployment is trusted.
package enum DeploymentState: String, Sendable, Hashable, CaseIterable {
    /// A pipeline says that it is there.
    case recorded
    /// A check says that it works.
    case verified
    case failed
    /// No longer there.
    case retired
}
