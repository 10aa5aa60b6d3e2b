import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

extension ReleaseFacts {
    /// How things stand around a release as the next change meets them.
    ///
    /// - Parameter killed: a flag key that is being killed by the change under way.
    init(
        of release: Release, on state: EnvironmentState, _ fleet: FleetObservation, killing killed: String? = nil
    ) {
        let staged = state.log.staged
        let plan = release.plan
        let lost = Set(release.edits.flatMap(\.pilotsBefore)).filter { staged.entries[EntryKey(.pilot, $0)] == nil }
        self.init(
            gate: Gate.check(plan.allRequirements, agents: fleet.agents, deployments: state.deployments),
            calendar: state.freezes, skewed: fleet.skewed, clocksAwaited: fleet.clocksAwaited,
            unknownPilots: plan.pilotsNamed.filter { staged.entries[EntryKey(.pilot, $0)] == nil }.sorted(),
            lostPilots: lost.sorted { $0.precedesInBytes($1) },
            faults: ReleaseCheck.faults(of: plan, on: state))
        for subject in plan.changes {
            let key = subject.flag
            if staged.entries[EntryKey(.kill, key)] != nil || killed?.isExactly(key) == true { self.killed.append(key) }
            if let owner = state.owner(of: key), !owner.plan.name.isExactly(plan.name) { owners[key] = owner.plan.name }
            if let bytes = staged.bytes(of: EntryKey(deciding: key)) { definitions[key] = StoredFlag.json(bytes) }
            if let bytes = staged.bytes(of: EntryKey(.floor, key)) {
                floors[key] = try? ReleaseFloor(key, storedBytes: bytes)
            }
            if release.state == .launched { covered[key] = floors[key].map { state.covered(below: $0, of: key) } }
        }
    }
}
