import Flags
import JSON

/// The launches of one flag or component on each other: what agents are told has room for the newest only.
struct FloorStack {
    /// Release → what its launch found, where not all of that had room below its own.
    let covered: [String: ReleaseFloor]

    /// Without what one release put there: older ones come back into the room that it leaves. Nil if nothing is left.
    func removing(_ name: String, from floor: ReleaseFloor?, levels: Int = ReleaseFloor.deepest) -> ReleaseFloor? {
        guard let floor, levels > 0 else { return nil }
        // What was covered is all that is below, and more.
        let below = covered[floor.release] ?? floor.below
        guard !floor.release.isExactly(name) else { return removing(name, from: below, levels: levels) }
        return ReleaseFloor(
            release: floor.release, requires: floor.requires, before: floor.before,
            below: removing(name, from: below, levels: levels - 1))
    }
}
