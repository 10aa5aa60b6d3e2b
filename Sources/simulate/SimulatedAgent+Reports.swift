import Replication

/// What goes out.
extension SimulatedAgent {
    func keepReporting() {
        report()
        after(1_000) { [unowned self] in keepReporting() }
    }

    func report() {
        let report = makeReport()
        for link in links { send(.report(report), over: link) }
    }

    func makeReport() -> Report {
        Report(
            agent: id, name: id, boot: boot, revision: done.revision, digest: done.digest,
            killAhead: killAhead,
            quarantined: done.quarantined, quarantinedCount: UInt32(done.quarantined.count),
            conflict: replica.replica.conflict.map { "\($0)" } ?? "", clock: world.now)
    }

    private var killAhead: UInt64 {
        guard world.fault != .killAheadUnreported, let epoch = done.revision?.epoch else { return 0 }
        return held.overlay.highest(in: epoch)
    }

    func send(_ body: SyncRequest.Body, over link: Link) {
        link.request(SyncRequest(environment: "production", body).encoded())
    }
}
