import Flags
import JSON

/// The launches of one flag or component on each other: what agents are told has room for the newest only.
struct FloorStack {
    /// Release → what its launch found, where not all of that had room below its own.
    let covered: [String: ReleaseFloor]
    /// The release that is taken back.
    let taken: String
    /// What its launch made of the definition.
    let edits: [LaunchEdit]
    /// Pilot groups that are gone.
    let lost: [String]

    /// Without what the release put there: older ones come back into the room that it leaves, and what later launches found
    /// is what they would have found without it. Nil if nothing is left.
    func rest(of floor: ReleaseFloor?, levels: Int = ReleaseFloor.deepest) -> ReleaseFloor? {
        guard let floor, levels > 0 else { return nil }
        let below = found(by: floor)
        guard !floor.release.isExactly(taken) else { return rest(of: below, levels: levels) }
        let before = isTaken(in: below) ? LaunchEdit.undo(edits, floor.before, without: lost).definition : nil
        return ReleaseFloor(
            release: floor.release, requires: floor.requires, before: before ?? floor.before,
            below: rest(of: below, levels: levels - 1))
    }

    /// What was covered is all that is below, and more.
    private func found(by floor: ReleaseFloor) -> ReleaseFloor? { covered[floor.release] ?? floor.below }

    private func isTaken(in floor: ReleaseFloor?) -> Bool {
        guard let floor else { return false }
        return floor.release.isExactly(taken) || isTaken(in: found(by: floor))
    }
}
