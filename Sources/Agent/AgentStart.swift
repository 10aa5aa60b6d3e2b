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
    /// Kills that came ahead of their turn, and where they are kept.
    let kills: KillOverlay
    let killFile: KillFile
    let live: LiveState

    init(_ configuration: AgentConfiguration, logger: Logger) throws(AgentError) {
        SpareMemory.limit()
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
        for (key, bytes) in kept where quarantine.reasons[key] != nil { flags.put(back: key, bytes) }
        self.flags = flags
        self.quarantine = quarantine
        killFile = KillFile(directory: directory.path, syncEachWrite: configuration.syncEachCommit)
        kills = try killFile.read(logger)
        live = LiveState(
            LiveSnapshot(
                environment: configuration.environment, revision: state?.revision, flags: flags,
                quarantined: quarantine.names, entryCount: state?.entryCount ?? 0),
            kills: kills,
            identity: ServiceIdentity(service: configuration.service, version: configuration.serviceVersion),
            staleAfter: configuration.staleAfter)
        if configuration.health != nil { live.vitals.health = .unknown }
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
