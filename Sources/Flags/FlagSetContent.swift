import HashTreeCollections
import JSON

/// Everything in a flag set, in one object, so that a lookup holds on to one reference. Never changed while it is shared: Swift
/// needn't look out for that on each access.
final class FlagSetContent: @unchecked Sendable {
    @exclusivity(unchecked) var flags = PagedTable<CompiledFlag>()
    @exclusivity(unchecked) var components = PagedTable<CompiledFlag>()
    @exclusivity(unchecked) var pilots = PagedTable<CompiledPilot>()
    @exclusivity(unchecked) var kills: TreeDictionary<ExactString, Kill> = [:]
    @exclusivity(unchecked) var releases: TreeDictionary<ExactString, StagedRelease> = [:]
    /// Flag → what of a release lies over it, by the release's name; control lets one through at a time.
    @exclusivity(unchecked) var stages: TreeDictionary<ExactString, TreeDictionary<ExactString, CompiledStage>> =
        [:]
    @exclusivity(unchecked) var floors: TreeDictionary<ExactString, CompiledFloor> = [:]
    /// Pilot group → the flags that ask about it.
    @exclusivity(unchecked) var users: TreeDictionary<String, TreeSet<ExactString>> = [:]
    /// Flag → the flags that require it.
    @exclusivity(unchecked) var dependents: TreeDictionary<ExactString, TreeSet<ExactString>> = [:]
    /// Flags whose answers time changes.
    @exclusivity(unchecked) var ramping: TreeSet<ExactString> = []
    @exclusivity(unchecked) var bucketing: Bucketing
    @exclusivity(unchecked) var identity = ServiceIdentity.none

    init(bucketing: Bucketing) { self.bucketing = bucketing }

    func flag(_ key: String) -> CompiledFlag? {
        ComponentKey.isComponent(key) ? components[key] : flags[key]
    }

    /// Returns what stood there.
    @discardableResult
    func put(_ flag: CompiledFlag) -> CompiledFlag? {
        flag.component == nil ? flags.put(flag) : components.put(flag)
    }

    init(copyOf other: FlagSetContent) {
        flags = other.flags
        components = other.components
        pilots = other.pilots
        kills = other.kills
        releases = other.releases
        stages = other.stages
        floors = other.floors
        users = other.users
        dependents = other.dependents
        ramping = other.ramping
        bucketing = other.bucketing
        identity = other.identity
    }

    func layers(of key: ExactString) -> FlagLayers {
        FlagLayers(
            kill: kills[key], release: stages[key]?.min { $0.key < $1.key }?.value, floor: floors[key])
    }
}
