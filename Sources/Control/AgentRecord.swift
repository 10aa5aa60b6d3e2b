import JSON
import Replication

/// What the registry knows of one agent, over restarts of the control node.
package struct AgentRecord: Sendable, Hashable {
    package enum Departure: String, Sendable {
        /// It said goodbye.
        case goodbye
        /// It was silent for longer than the limit.
        case silence
    }

    package var environment: String
    package var id: String
    package var name: String
    package var boot: UInt64
    /// Applied and cached; nil before the first.
    package var revision: Revision?
    package var digest: Digest
    package var entryCount: UInt64
    package var quarantined: [String]
    package var quarantinedCount: UInt32
    package var service: String
    package var serviceVersion: String
    package var health: ServiceHealth
    /// Milliseconds by which the agent's clock is ahead of control's; nil where it couldn't be told.
    package var skew: Int64?
    package var pid: UInt32
    /// Empty when the agent follows.
    package var conflict: String
    /// Milliseconds since 1970, by control's clock.
    package var lastSeen: UInt64
    package var departure: Departure?

    package init(_ report: Report, environment: String, at wall: UInt64) {
        self.environment = environment
        id = report.agent
        name = report.name
        boot = report.boot
        revision = report.revision
        digest = report.digest
        entryCount = report.entryCount
        quarantined = report.quarantined
        quarantinedCount = report.quarantinedCount
        service = report.service
        serviceVersion = report.serviceVersion
        health = report.health
        skew = report.skew
        pid = report.pid
        conflict = report.conflict
        lastSeen = wall
    }

    /// Equal but for the time, and what is measured anew with each report: nothing that would have to be written down soon.
    func differs(from other: AgentRecord) -> Bool {
        var same = self
        same.lastSeen = other.lastSeen
        same.skew = other.skew
        return same != other
    }

    // MARK: As stored

    package func stored() -> [UInt8] {
        JSONValue.object([
            "environment": .string(environment), "id": .string(id), "name": .string(name),
            "boot": .string(Hexadecimal.text(boot)), "revision": revision?.json ?? .null,
            "digest": .string(digest.description), "entries": .integer(Int64(clamping: entryCount)),
            "quarantined": .array(quarantined.map { .string($0) }),
            "quarantinedCount": .integer(Int64(quarantinedCount)), "service": .string(service),
            "version": .string(serviceVersion), "health": .string("\(health)"),
            "skewMs": skew.map { .integer($0) } ?? .null, "pid": .integer(Int64(pid)), "conflict": .string(conflict),
            "lastSeen": .integer(Int64(clamping: lastSeen)),
            "departure": departure.map { .string($0.rawValue) } ?? .null,
        ]).canonicalBytes()
    }

    package init?(stored bytes: [UInt8]) {
        guard let json = JSONReader.read(bytes).value, let environment = json["environment"]?.stringValue,
            let id = json["id"]?.stringValue, let boot = json["boot"]?.stringValue.flatMap({ Hexadecimal.value($0) }),
            let digest = json["digest"]?.stringValue.flatMap({ Digest($0) }),
            let lastSeen = json["lastSeen"]?.integerValue
        else { return nil }
        func text(_ member: String) -> String { json[member]?.stringValue ?? "" }
        func number(_ member: String) -> Int64 { json[member]?.integerValue ?? 0 }
        self.environment = environment
        self.id = id
        name = text("name")
        self.boot = boot
        revision = json["revision"].flatMap { Revision(json: $0) }
        self.digest = digest
        entryCount = UInt64(clamping: number("entries"))
        quarantined = json["quarantined"]?.arrayValue?.compactMap(\.stringValue) ?? []
        quarantinedCount = UInt32(clamping: number("quarantinedCount"))
        service = text("service")
        serviceVersion = text("version")
        health = ServiceHealth.allCases.first { "\($0)" == text("health") } ?? .unchecked
        skew = json["skewMs"]?.integerValue
        pid = UInt32(clamping: number("pid"))
        conflict = text("conflict")
        self.lastSeen = UInt64(clamping: lastSeen)
        departure = json["departure"]?.stringValue.flatMap { Departure(rawValue: $0) }
    }
}
