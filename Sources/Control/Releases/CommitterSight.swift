import Releases

/// What the committer sees besides what it is asked: the time by which releases go, and the agents as they report.
package struct CommitterSight: Sendable {
    package var time: @Sendable () -> ReleaseTime
    /// Of the environment of that name.
    package var observe: @Sendable (String) -> FleetObservation

    package init(
        time: @escaping @Sendable () -> ReleaseTime,
        observe: @escaping @Sendable (String) -> FleetObservation = { _ in FleetObservation() }
    ) {
        self.time = time
        self.observe = observe
    }

    /// No agents, and a clock of its own: of a committer without a node around it.
    package static var alone: CommitterSight {
        let clock = ReleaseClock(after: nil)
        return CommitterSight(time: { clock.now })
    }
}
