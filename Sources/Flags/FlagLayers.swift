import JSON

/// What lies over a flag or a component without being part of its definition.
struct FlagLayers: Sendable {
    var kill: Kill?
    var release: CompiledStage?
    var floor: CompiledFloor?
}

/// A release's stage as it is for one of the flags and components that it brings.
final class CompiledStage: Sendable {
    /// The release's name.
    let name: String
    let release: StagedRelease
    let variant: String

    init(_ name: String, _ release: StagedRelease, variant: String) {
        self.name = name
        self.release = release
        self.variant = variant
    }

    /// Its own, and whom the flag's rollout excludes: these a release reaches when it is launched.
    func exclusion(over flag: FlagForms) -> Rollout.Exclusion {
        var exclusion = release.exclude
        let theirs = flag.rollout?.exclude ?? Rollout.Exclusion()
        exclusion.users += theirs.users.filter { user in !exclusion.users.contains { $0.isExactly(user) } }
        exclusion.pilots += theirs.pilots.filter { !exclusion.pilots.contains($0) }
        return exclusion
    }

    /// Gives the variant to those who have the release now, and null to all others.
    func targeting(over flag: FlagForms) -> JSONValue {
        var rollout = release.rollout(of: flag.component?.served(variant) ?? variant)
        rollout.exclude = exclusion(over: flag)
        return release.targeting(rollout, flagKey: flag.definition.key)
    }

    var pilotsNamed: Set<String> { Set(release.pilots + release.exclude.pilots) }
}

/// What a launched release requires of one flag's or component's agents, and what those get that are older.
final class CompiledFloor: Sendable {
    let floor: ReleaseFloor
    let before: FlagForms
    let below: CompiledFloor?

    init(_ floor: ReleaseFloor, flagKey: String) throws(NotCompilable) {
        self.floor = floor
        before = try FlagForms(flagKey, floor.before)
        below = if let below = floor.below { try CompiledFloor(below, flagKey: flagKey) } else { nil }
    }

    /// Older agents get something else than the newest definition.
    func isMet(by identity: ServiceIdentity) -> Bool { floor.requires.allSatisfy { $0.isMet(by: identity) } }
}
