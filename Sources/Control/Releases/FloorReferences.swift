import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// A floor refers too: older agents answer by the definitions that it keeps, and what those name has to stay.
extension ChangePlan {
    func checkFloors(_ state: EnvironmentState) throws(Refusal) {
        let dropped = deleted + (needsConfirmation ? prunable : [])
        guard !dropped.isEmpty else { return }
        // A floor goes with its flag.
        let gone = Set(dropped)
        let covered = state.coveredReferences
        for entry in dropped {
            let named =
                state.floorReferences.flags(naming: entry)
                + covered.filter { $0.references.contains(entry) }.map(\.flag)
            let kept = Set(named.map { ExactString($0) }).sorted().map(\.text)
                .filter { !gone.contains(EntryKey(deciding: $0)) }
            guard let flag = kept.first,
                let release = state.floors(of: flag).lazy.flatMap({ $0.releases(naming: entry) }).first
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

extension EnvironmentState {
    /// The floor of a flag or a component, and those that had to make room for launches since: their roll backs bring them
    /// back.
    func floors(of flag: String) -> [ReleaseFloor] {
        guard let bytes = log.staged.bytes(of: EntryKey(.floor, flag)),
            let floor = try? ReleaseFloor(flag, storedBytes: bytes)
        else { return [] }
        let covered = covered(below: floor, of: flag)
        return [floor] + covered.sorted { $0.key.precedesInBytes($1.key) }.map(\.value)
    }

    /// Release → what its launch found, of those that `floor` leads to: not all of it had room below its own.
    func covered(below floor: ReleaseFloor, of flag: String) -> [String: ReleaseFloor] {
        var covered: [String: ReleaseFloor] = [:]
        var next = floor.levels.map(\.release)
        while let release = next.popLast() {
            guard covered[release] == nil,
                let found = releases[release]?.covered.first(where: { $0.flag.isExactly(flag) })?.floor
            else { continue }
            covered[release] = found
            next += found.levels.map(\.release)
        }
        return covered
    }

    /// Flags and components, by flag key, with a floor that had to make room, and what their floors refer to.
    fileprivate var coveredReferences: [(flag: String, references: Set<EntryKey>)] {
        Set(releases.values.lazy.flatMap(\.covered).map { ExactString($0.flag) }).map { flag in
            (flag.text, floors(of: flag.text).reduce(into: []) { $0.formUnion($1.references) })
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
    /// From the last release to the first.
    var levels: [ReleaseFloor] { [self] + (below?.levels ?? []) }

    /// What the definitions that it keeps refer to, those of earlier releases too.
    fileprivate var references: Set<EntryKey> {
        levels.reduce(into: []) { $0.formUnion(FlagReferences.entries(in: $1.before)) }
    }

    /// The releases whose launch left a definition that refers to this, the last one first.
    fileprivate func releases(naming entry: EntryKey) -> [String] {
        levels.filter { FlagReferences.entries(in: $0.before).contains(entry) }.map(\.release)
    }
}
