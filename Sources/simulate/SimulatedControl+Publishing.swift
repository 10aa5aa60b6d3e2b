import Replication

/// What is let out of a change: to the operator, and to agents.
extension SimulatedControl {
    func acknowledge(_ group: [(write: Write, delta: Delta)]) {
        for item in group {
            world.oracle.acknowledged(name, item.delta.revision, item.delta.digest)
            item.write.isDone(item.delta)
        }
    }

    /// Kills go to everybody who is connected, ahead of everything else.
    func urge(_ deltas: [Delta]) {
        for kill in deltas.flatMap({ UrgentKill.all(in: $0) }) {
            world.note { "\(self.name): kills \(kill.flag) at \(kill.revision.number)" }
            world.oracle.tally.sent += 1
            let bytes = SyncReply.kill(kill).encoded()
            for link in links { link.urge(bytes) }
        }
    }

    func publish(_ deltas: [Delta]) {
        for delta in deltas {
            world.oracle.numbered(delta.revision, delta.digest)
            let bytes = delta.encoded()
            world.note { "\(self.name): publishes \(delta.revision), \(bytes.count) bytes" }
            let message =
                bytes.count > world.serverSettings.chunkBytes
                ? Publication.announcement(delta.revision, delta.digest, bytes: UInt32(bytes.count)).encoded()
                : Publication.encoded(delta: bytes)
            for link in links { link.publish(message) }
        }
    }
}
