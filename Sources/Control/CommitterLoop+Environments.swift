import Flags
import Logging
import Replication

/// Environments and their histories: made, begun anew, blocked. Each in a transaction of its own, between groups of changes.
extension CommitterLoop {
    mutating func create(
        _ name: String, _ bucketing: Bucketing, _ actor: String, _ message: String
    ) throws(Refusal) -> EnvironmentState {
        guard environments[name] == nil else {
            throw Refusal(
                .conflict, "Environment exists", detail: "there is an environment \"\(name)\" already",
                hint: "choose another name")
        }
        let epoch = Epoch(counter: 1, id: UInt64.random(in: 1...UInt64.max))
        let state: EnvironmentState
        do {
            state = try store.createEnvironment(
                name, bucketing, epoch: epoch, time: clock(), actor: actor, message: message)
        } catch {
            throw Self.notStored(error)
        }
        show(state)
        return state
    }

    mutating func beginEpoch(
        _ name: String, _ heard: [Revision], _ actor: String, _ message: String
    ) throws(Refusal) -> EnvironmentState {
        guard var state = environments[name] else {
            throw Refusal.unknownEnvironment(name, known: environments.keys.sorted())
        }
        let revision = state.log.nextEpoch(id: UInt64.random(in: 1...UInt64.max), heard: heard)
        do {
            try store.beginEpoch(
                state.id, revision, digest: state.committed.digest, time: clock(), actor: actor, message: message)
        } catch {
            throw Self.notStored(error)
        }
        state.log.begin(revision)
        state.blockedSince = nil
        logger.warning(
            "a new epoch begins: agents take this node's state",
            metadata: ["environment": "\(name)", "revision": "\(revision)", "actor": "\(actor)"])
        show(state)
        return state
    }

    mutating func block(_ name: String, _ divergence: Divergence) {
        // What an agent said may have been overtaken by a new epoch on the way here.
        guard var state = environments[name], state.log.blocked == nil,
            divergence.own.epoch == state.committed.revision.epoch
        else { return }
        let now = clock()
        do {
            try store.block(state.id, divergence, since: now)
        } catch {
            // Blocked all the same, in memory: agents will say it again after a restart.
            logger.error("that an environment is blocked could not be stored", metadata: ["error": "\(error)"])
        }
        state.log.block(divergence)
        state.blockedSince = now
        environments[name] = state
        published.set(state)
        logger.critical(
            """
            environment \(name) TAKES NO WRITES: \(divergence) Agents keep their state and answer on. Restore the newest \
            data directory, or go on with what this node holds: pilotlight environment new-epoch \(name) --yes
            """,
            metadata: [
                "heard": "\(divergence.heard)", "own": "\(divergence.own)", "reason": "\(divergence.kind.rawValue)",
            ])
    }

    func take(_ reader: AnnouncementReader, _ sequence: Int64) throws(Refusal) {
        do {
            try store.move(reader, to: sequence)
        } catch {
            throw Self.notStored(error)
        }
    }

    mutating func show(_ state: EnvironmentState) {
        environments[state.name] = state
        published.set(state)
        publish(CommittedGroup(environment: state.name, state: state.committed, deltas: []))
    }
}
