import Logging
import Replication
import Synchronization
import ZeroMQ

/// What the hub's thread does: one turn after the other, never waiting but in `poll`.
final class HubLoop {
    private let sockets: HubSockets
    private let outbox: Outbox<HubMessage>
    private let wakeUp: WakeUp
    private let statistics: HubStatistics
    private let committer: Committer
    private let registry: SharedRegistry
    private let logger: Logger
    private let node: UInt64

    private struct Desk {
        var server: CatchUpServer
        let topic: [UInt8]
        var nextHeartbeat: UInt64
        /// A divergence was handed to the committer, in this epoch.
        var isReported = false
    }

    private var desks: [String: Desk] = [:]
    private var agents = ConnectedAgents()
    /// Taken in: catch-up knows of them and their kills are sent.
    private var unpublished: ArraySlice<CommittedGroup> = []
    private var isStopped = false
    private var nextSweep: UInt64 = 0

    /// Twice as often as the promise, so that one that is lost keeps it.
    private static let heartbeatEvery: UInt64 = 500
    private static let sweepEvery: UInt64 = 500
    /// Requests that are answered before heartbeats get their turn again.
    private static let requestsPerTurn = 64

    init(
        _ sockets: HubSockets, _ outbox: Outbox<HubMessage>, _ wakeUp: WakeUp, _ setting: Hub.Setting,
        _ statistics: HubStatistics
    ) {
        self.sockets = sockets
        self.outbox = outbox
        self.wakeUp = wakeUp
        self.statistics = statistics
        committer = setting.committer
        registry = setting.registry
        logger = setting.logger
        node = setting.node
        for environment in setting.environments {
            open(environment.state.name, environment.state.committed, environment.recent)
            desks[environment.state.name]?.isReported = environment.state.log.blocked != nil
        }
    }

    /// Returns when told to stop, or with what made it impossible to go on.
    func run() -> (any Error)? {
        var failure: (any Error)?
        var poll = PollSet()
        let woken = poll.add(wakeUp)
        let asked = poll.add(sockets.router)
        do {
            while !isStopped {
                let now = Moment.now
                try beat(now)
                sweep(now)
                let next = desks.values.map(\.nextHeartbeat).min() ?? now.uptime + Self.heartbeatEvery
                let pause = min(next, nextSweep)
                _ = try poll.wait(milliseconds: Int(pause - min(pause, now.uptime)))
                if poll.isReadable(woken) {
                    wakeUp.acknowledge()
                    try publishAll()
                }
                if poll.isReadable(asked) { try answerRequests() }
            }
        } catch {
            failure = error
            logger.critical("the hub has failed: this node stops", metadata: ["error": "\(error)"])
        }
        takeIn(outbox.close())
        try? publishAll()
        return failure
    }

    private func open(_ name: String, _ state: ReplicatedState, _ deltas: [RecentDeltas.Item]) {
        var recent = RecentDeltas()
        for delta in deltas { recent.append(delta) }
        // The first heartbeat goes out at once: agents that waited for this node learn of it by that.
        desks[name] = Desk(
            server: CatchUpServer(state, recent: recent, node: node), topic: Wire.topic(of: name), nextHeartbeat: 0)
    }

    // MARK: Publishing

    private func publishAll() throws {
        takeIn(outbox.takeAll())
        while let group = unpublished.popFirst() { try publish(group) }
    }

    /// First the catch-up knows of it, then the agents: nobody asks for what can't be given yet. Kills go out at once,
    /// ahead of everything that waits to be published.
    private func takeIn(_ messages: [HubMessage]) {
        for message in messages {
            switch message {
            case .committed(let group):
                advance(to: group)
                for kill in group.kills { send(kill, to: group.environment) }
                unpublished.append(group)
            case .stop: isStopped = true
            }
        }
    }

    private func advance(to group: CommittedGroup) {
        guard var desk = desks.removeValue(forKey: group.environment) else {
            return open(group.environment, group.state, group.deltas)
        }
        if desk.server.state.revision.epoch != group.state.revision.epoch {
            desk.isReported = false
            desk.nextHeartbeat = 0
        }
        desk.server.advance(to: group.state, deltas: group.deltas)
        desks[group.environment] = desk
    }

    private func publish(_ group: CommittedGroup) throws {
        guard let topic = desks[group.environment]?.topic else { return }
        for delta in group.deltas {
            let body: [UInt8]
            if delta.bytes.count > Wire.chunkBytes {
                let revision = Revision(epoch: group.state.revision.epoch, number: delta.number)
                body = Publication.announcement(revision, delta.digest, bytes: UInt32(delta.bytes.count)).encoded()
            } else {
                body = Publication.encoded(delta: delta.bytes)
            }
            _ = try sockets.publisher.send([topic, body])
            statistics.deltasPublished.count()
            if outbox.count > 0 { takeIn(outbox.takeAll()) }
        }
    }

    /// The urgent copy. An agent that doesn't get it has the delta in its turn.
    private func send(_ kill: UrgentKill, to environment: String) {
        let message = SyncReply.kill(kill).encoded()
        for peer in agents.peers(in: environment) {
            switch try? sockets.router.send([peer, message]) {
            case .sent: statistics.killsSent.count()
            case .unreachable: agents.forget(peer, in: environment)
            case .wouldBlock, nil: statistics.repliesDropped.count()
            }
        }
    }

    private func beat(_ now: Moment) throws {
        for (name, desk) in desks where now.uptime >= desk.nextHeartbeat {
            let heartbeat = desk.server.heartbeat(clock: now.wall)
            _ = try sockets.publisher.send([desk.topic, Publication.heartbeat(heartbeat).encoded()])
            desks[name]?.nextHeartbeat = now.uptime + Self.heartbeatEvery
            statistics.heartbeats.count()
        }
    }

    /// The registry's housekeeping: who is gone, and what is to be written down.
    private func sweep(_ now: Moment) {
        guard now.uptime >= nextSweep else { return }
        nextSweep = now.uptime + Self.sweepEvery
        agents.expire(now: now.uptime)
        for agent in registry.change({ $0.expire(now: now) }) {
            logger.warning(
                "agent counts as gone: silent for 15 minutes",
                metadata: ["agent": "\(agent.id)", "name": "\(agent.name)", "environment": "\(agent.environment)"])
        }
        writeDown(now)
        statistics.sessions.store(desks.values.reduce(0) { $0 + $1.server.sessionCount }, ordering: .relaxed)
    }

    private func writeDown(_ now: Moment) {
        let rows = registry.change { $0.unwritten(now: now) }
        if !rows.isEmpty { committer.store(rows) }
    }

    // MARK: Answering

    private func answerRequests() throws {
        for _ in 0..<Self.requestsPerTurn {
            if outbox.count > 0 { try publishAll() }
            switch try sockets.router.receive(maximumFrames: 2) {
            case .nothing: return
            case .refused(let peer, let frames):
                malformed(peer, "a message of \(frames) frames")
            case .message(let frames):
                guard frames.count == 2 else {
                    malformed(frames[0], "a message without a body")
                    continue
                }
                do {
                    answer(try SyncRequest(encoded: frames[1]), to: frames[0])
                } catch {
                    malformed(frames[0], error.description)
                }
            }
        }
    }

    private func answer(_ request: SyncRequest, to peer: [UInt8]) {
        let now = Moment.now
        guard desks[request.environment] != nil else {
            let known = desks.keys.sorted().joined(separator: ", ")
            let text = "there is no environment \"\(request.environment)\" at this control node (there is: \(known))"
            if let number = request.body.number {
                reply(.refused(request: number, .unknownEnvironment, text: text), to: peer)
            }
            return
        }
        agents.hear(peer, in: request.environment, now: now.uptime)
        switch request.body {
        case .hello(_, _, let report), .report(let report):
            if let reason = Self.fault(in: report) { return malformed(peer, reason) }
            hear(report, request.environment, now)
        case .goodbye(let agent, let boot):
            agents.forget(peer, in: request.environment)
            let isKnown = registry.change { $0.goodbye(agent, boot: boot, environment: request.environment, now: now) }
            if isKnown {
                logger.info(
                    "agent said goodbye", metadata: ["agent": "\(agent)", "environment": "\(request.environment)"])
                writeDown(now)
            }
        case .catchUp(_, let revision, _, let whole):
            statistics.catchUps.count()
            logger.debug(
                "catch-up", metadata: ["from": "\(revision.map(\.description) ?? "nothing")", "whole": "\(whole)"])
        case .part, .manifest, .fetch, .more, .close: break
        }
        if let answer = desks[request.environment]?.server.answer(request.body, now: now.uptime) {
            reply(answer, to: peer)
        }
    }

    private func reply(_ reply: SyncReply, to peer: [UInt8]) {
        // What can't be sent is dropped: the agent asks again when nothing comes.
        if (try? sockets.router.send([peer, reply.encoded()])) != .sent { statistics.repliesDropped.count() }
    }

    private func hear(_ report: Report, _ environment: String, _ now: Moment) {
        statistics.reports.count()
        let news = registry.change { $0.hear(report, environment: environment, now: now) }
        let who: Logger.Metadata = [
            "agent": "\(report.agent)", "name": "\(report.name)", "environment": "\(environment)",
        ]
        switch news {
        case .joined:
            logger.info("agent joined", metadata: who)
            writeDown(now)
        case .returned: logger.info("agent is back", metadata: who)
        case .duplicate:
            logger.error(
                "two agents run with one id: was a data directory copied? remove `identity` from one of them",
                metadata: who)
        case nil: break
        }
        guard let desk = desks[environment], !desk.isReported, let divergence = desk.server.divergence(of: report)
        else { return }
        desks[environment]?.isReported = true
        logger.error(
            "an agent's history isn't this node's",
            metadata: who.merging(["heard": "\(divergence.heard)", "own": "\(divergence.own)"]) { $1 })
        committer.block(environment, divergence)
    }

    /// What is kept of an agent is kept small.
    private static func fault(in report: Report) -> String? {
        guard (1...64).contains(report.agent.utf8.count) else {
            return "an agent id of \(report.agent.utf8.count) bytes"
        }
        let texts = [report.name, report.service, report.serviceVersion]
        guard texts.allSatisfy({ $0.utf8.count <= 512 }), report.conflict.utf8.count <= 4_096,
            report.quarantined.count <= Wire.reportedNames
        else { return "a report with names beyond all measure" }
        return nil
    }

    private func malformed(_ peer: [UInt8], _ reason: String) {
        statistics.malformed.count()
        logger.warning("a message was not understood", metadata: ["reason": "\(reason)"])
        reply(.refused(request: 0, .malformed, text: reason), to: peer)
    }
}

extension SyncRequest.Body {
    /// By what a reply names the request; nil for those that are not answered.
    fileprivate var number: UInt64? {
        switch self {
        case .hello: 0
        case .report, .goodbye, .close: nil
        case .catchUp(let request, _, _, _), .part(let request, _, _), .manifest(let request, _),
            .fetch(let request, _, _, _), .more(let request, _):
            request
        }
    }
}
