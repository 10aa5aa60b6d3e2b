import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// All that the committer knows of one environment. A value over persistent parts: copying it costs nothing, so that a
/// group of changes is planned on a copy, and readers are handed one.
package struct EnvironmentState: Sendable {
    package let id: Int64
    package let name: String
    package let bucketing: Bucketing
    /// The one place that assigns revisions.
    package var log: NumberedLog
    package var references = FlagReferences()
    /// What the floors of flags and components refer to: older agents go on answering by it.
    package var floorReferences = FlagReferences()
    package var sets = SetProvenance()
    /// By name, in every state.
    package internal(set) var releases: TreeDictionary<String, Release> = [:]
    /// Flag keys that an active release owns, with its name.
    var owners: TreeDictionary<ExactString, String> = [:]
    package internal(set) var deployments = Deployments()
    package internal(set) var freezes = FreezeCalendar()
    /// Milliseconds since 1970.
    package var blockedSince: UInt64?

    package init(id: Int64, name: String, bucketing: Bucketing, log: NumberedLog, blockedSince: UInt64? = nil) {
        self.id = id
        self.name = name
        self.bucketing = bucketing
        self.log = log
        self.blockedSince = blockedSince
    }

    /// What readers see: on disk, numbered.
    package var committed: ReplicatedState { log.committed }

    /// Takes note of what staged changes mean for references and sets, and of the records that change with them.
    mutating func follow(_ plan: ChangePlan) {
        for key in plan.deleted {
            sets.remove(key)
            if let flag = key.flagKey { references.remove(flag: flag) }
        }
        for (flag, uses) in plan.references { references.set(flag: flag, uses: uses) }
        if let set = plan.set { for key in plan.created { sets.insert(key, in: set) } }
        for change in plan.changes { floorReferences.follow(change) }
        for change in plan.records { follow(change) }
    }
}
