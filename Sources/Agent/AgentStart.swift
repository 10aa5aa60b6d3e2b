import Flags
import Logging
import Replication

/// What an agent has before any network: its directory, who it is, and what its cache holds.
struct AgentStart: Sendable {
    let directory: AgentDirectory
    let identity: AgentIdentity
    let cache: AgentCache
    let state: ReplicatedState?
    /// Last good forms of what is in quarantine.
    let kept: [EntryKey: [UInt8]]
    let flags: FlagSet
    let quarantine: Quarantine
    let live: LiveState

    init(_ configuration: AgentConfiguration, logger: Logger) throws(AgentError) {
        directory = try AgentDirectory(path: configuration.dataDirectory)
        identity = try AgentIdentity.load(
            from: directory, name: configuration.name, service: configuration.service)
        let content: CacheContent?
        (cache, content) = try AgentCache.open(
            in: directory.path, environment: configuration.environment, syncEachCommit: configuration.syncEachCommit,
            logger: logger)
        state = content?.state
        kept = content?.kept ?? [:]
        var quarantine = Quarantine()
        var flags = state.map { FlagSet.compiled(from: $0, quarantine: &quarantine) } ?? FlagSet()
        for (key, bytes) in kept where key.kind == .flag && quarantine.reasons[key] != nil {
            // A form that an older version could compile and this one can't is no good form any more.
            try? flags.put(flag: key.name, storedBytes: bytes)
        }
        self.flags = flags
        self.quarantine = quarantine
        live = LiveState(
            LiveSnapshot(
                environment: configuration.environment, revision: state?.revision, flags: flags,
                quarantined: quarantine.names, entryCount: state?.entryCount ?? 0),
            staleAfter: configuration.staleAfter)
        if let state {
            logger.notice(
                "starting from the cache",
                metadata: ["revision": "\(state.revision)", "entries": "\(state.entryCount)"])
        } else {
            logger.notice("starting without confirmed state: lookups wait for the first catch-up")
        }
        for (key, reason) in quarantine.reasons {
            logger.error("quarantined: \(reason)", metadata: ["entry": "\(key)"])
        }
    }
}
