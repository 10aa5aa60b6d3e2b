import HashTreeCollections
import Releases
import Replication

extension ChangeRequest {
    /// What is done in place of what a running release would do by itself and can't: it is held, with the reason, and an
    /// operator has to see to it. Otherwise it would be asked for again at each look. Nil where that is no help.
    ///
    /// - Parameter state: as the refused request met it.
    func held(for refusal: Refusal, on state: EnvironmentState?) -> ChangeRequest? {
        guard case .keepRelease(let name) = kind, let state, state.log.blocked == nil,
            state.releases[name]?.state == .running
        else { return nil }
        return ChangeRequest(
            environment: environment, actor: actor, message: "\(refusal.title): \(refusal.detail)",
            .release(name, .hold))
    }
}
