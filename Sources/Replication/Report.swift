/// What an agent says of itself: when it connects, after each commit, and at least once a second.
package struct Report: Sendable, Hashable {
    /// 32 hexadecimal digits, kept in the agent's data directory.
    package var agent: String
    package var name: String
    /// Drawn at each start: two boots at once with one agent id are two agents on copies of one directory.
    package var boot: UInt64
    /// The revision that is applied *and* cached; nil before the first.
    package var revision: Revision?
    package var digest: Digest
    /// The highest number of that epoch of which it holds an urgent copy ahead of its turn; 0 for none.
    package var killAhead: UInt64
    package var entryCount: UInt64
    /// The first `Wire.reportedNames` names of quarantined entries.
    package var quarantined: [String]
    package var quarantinedCount: UInt32
    package var service: String
    package var serviceVersion: String
    package var health: ServiceHealth
    package var pid: UInt32
    /// Why the agent keeps its state against what this control node publishes; empty when it follows.
    package var conflict: String
    /// The agent's clock, milliseconds since 1970.
    package var clock: UInt64
    /// How far the agent's clock is ahead of control's, in milliseconds; nil where control isn't heard.
    package var skew: Int64?

    package init(
        agent: String, name: String, boot: UInt64, revision: Revision? = nil, digest: Digest = .empty,
        killAhead: UInt64 = 0, entryCount: UInt64 = 0, quarantined: [String] = [], quarantinedCount: UInt32 = 0,
        service: String = "",
        serviceVersion: String = "", health: ServiceHealth = .unchecked, pid: UInt32 = 0, conflict: String = "",
        clock: UInt64 = 0, skew: Int64? = nil
    ) {
        self.agent = agent
        self.name = name
        self.boot = boot
        self.revision = revision
        self.digest = digest
        self.killAhead = killAhead
        self.entryCount = entryCount
        self.quarantined = quarantined
        self.quarantinedCount = quarantinedCount
        self.service = service
        self.serviceVersion = serviceVersion
        self.health = health
        self.pid = pid
        self.conflict = conflict
        self.clock = clock
        self.skew = skew
    }
}

extension WireWriter {
    mutating func report(_ report: Report) {
        string(report.agent)
        string(report.name)
        u64(report.boot)
        optionalRevision(report.revision)
        digest(report.digest)
        u64(report.killAhead)
        u64(report.entryCount)
        strings(report.quarantined)
        u32(report.quarantinedCount)
        string(report.service)
        string(report.serviceVersion)
        u8(report.health.rawValue)
        u32(report.pid)
        string(report.conflict)
        u64(report.clock)
        u8(report.skew == nil ? 0 : 1)
        if let skew = report.skew { u64(UInt64(bitPattern: skew)) }
    }
}

extension WireReader {
    mutating func report() throws(MalformedMessage) -> Report {
        var report = Report(
            agent: try string(), name: try string(), boot: try u64(), revision: try optionalRevision(),
            digest: try digest(), killAhead: try u64(), entryCount: try u64(), quarantined: try strings(),
            quarantinedCount: try u32(), service: try string(), serviceVersion: try string(), health: try health(),
            pid: try u32(), conflict: try string(), clock: try u64())
        if try flag() { report.skew = Int64(bitPattern: try u64()) }
        return report
    }

    private mutating func health() throws(MalformedMessage) -> ServiceHealth {
        let byte = try u8()
        guard let health = ServiceHealth(rawValue: byte) else {
            throw MalformedMessage(reason: "\(byte) is no state of health", offset: 0)
        }
        return health
    }
}
