import Flags
import Replication

/// Everything a lookup may see, at one revision. An immutable value: a lookup that holds it is answered from one
/// revision, whatever is swapped in meanwhile.
package struct LiveSnapshot: Sendable {
    package var environment: String
    /// Nil until the agent holds confirmed state: then every lookup answers PROVIDER_NOT_READY.
    package var revision: Revision?
    package var flags: FlagSet
    /// Names (`flag:checkout`) of the entries that this agent can't compile; each keeps its last good form in `flags`.
    package var quarantined: [String]
    /// Entries of every kind, pilot memberships counted one by one.
    package var entryCount: Int

    package init(
        environment: String, revision: Revision? = nil, flags: FlagSet = FlagSet(), quarantined: [String] = [],
        entryCount: Int = 0
    ) {
        self.environment = environment
        self.revision = revision
        self.flags = flags
        self.quarantined = quarantined
        self.entryCount = entryCount
    }
}
