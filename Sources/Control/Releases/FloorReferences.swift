import Flags
import JSON
import Replication

/// A floor refers too: older agents answer by the definitions that it keeps, and what those name has to stay.
extension ChangePlan {
    func checkFloors(_ state: EnvironmentState) throws(Refusal) {
        let dropped = deleted + (needsConfirmation ? prunable : [])
        // A floor goes with its flag.
        let gone = Set(dropped)
        for entry in dropped {
            let kept = state.floorReferences.flags(naming: entry).filter { !gone.contains(EntryKey(deciding: $0)) }
            guard let flag = kept.first, let bytes = state.log.staged.bytes(of: EntryKey(.floor, flag)),
                let floor = try? ReleaseFloor(flag, storedBytes: bytes),
                let release = floor.releases(naming: entry).first
            else { continue }
            let others = kept.dropFirst().map { Subject($0).title }
            let subject = entry.flagKey.map { Subject($0) }
            throw Refusal(
                .conflict, subject.map { "\($0.heading) is required" } ?? "Pilot group is in use",
                detail: "release \"\(release)\" has agents below the versions that it asks for answer "
                    + "\(Subject(flag).title) as before its launch, and that names "
                    + (subject?.title ?? "the pilot group \"\(entry.name)\"")
                    + (others.isEmpty ? "" : "; so it is with \(others.joined(separator: ", "))")
                    + "; nothing was changed",
                hint: "see `pilotlight release show \(release)`; its floor ends when \(Subject(flag).title) is "
                    + "deleted, or the release rolled back",
                members: [
                    "release": .string(release), "conflicts": .array(kept.map { .string(Subject($0).title) }),
                ])
        }
    }
}

extension FlagReferences {
    /// Takes note of what a floor that comes or goes refers to. Under the key of the flag that it is of.
    mutating func follow(_ change: EntryChange) {
        guard change.key.kind == .floor else { return }
        let flag = change.key.name
        switch change {
        case .put(_, let bytes):
            set(flag: flag, uses: (try? ReleaseFloor(flag, storedBytes: bytes))?.references ?? [])
        default: remove(flag: flag)
        }
    }
}

extension ReleaseFloor {
    private var levels: [ReleaseFloor] { [self] + (below?.levels ?? []) }

    /// What the definitions that it keeps refer to, those of earlier releases too.
    fileprivate var references: Set<EntryKey> {
        levels.reduce(into: []) { $0.formUnion(FlagReferences.entries(in: $1.before)) }
    }

    /// The releases whose launch left a definition that refers to this, the last one first.
    fileprivate func releases(naming entry: EntryKey) -> [String] {
        levels.filter { FlagReferences.entries(in: $0.before).contains(entry) }.map(\.release)
    }
}
