import Releases

/// What a plan depends on besides the state: who asks and why, the time, and the agents as they report.
struct Circumstances: Sendable {
    var actor = ""
    var message = ""
    var time = ReleaseTime(wall: 0, steady: 0)
    /// Looked at by plans alone that have to do with a release.
    var observe: @Sendable () -> FleetObservation = { FleetObservation() }
}
