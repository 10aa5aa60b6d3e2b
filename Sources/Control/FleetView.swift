import JSON
import Replication

/// An environment's agents beside where control stands, as the operator API shows them.
struct FleetView {
    var own: ReplicatedState
    var entries: [Registry.Entry]
    /// Where the next page begins; null on the last one.
    var next = JSONValue.null

    var json: JSONValue {
        .object([
            "revision": own.revision.json, "digest": .string(own.digest.description),
            "agents": .array(entries.map(agent)), "next": next,
        ])
    }

    /// What a new epoch would leave behind, agent by agent.
    var previewJSON: JSONValue {
        .array(
            entries.filter { $0.state != .gone }.map { entry in
                let record = entry.record
                return .object([
                    "id": .string(record.id), "name": .string(record.name), "revision": record.revision?.json ?? .null,
                    "digest": .string(record.digest.description),
                    "entries": .integer(Int64(clamping: record.entryCount)), "state": .string(entry.state.rawValue),
                ])
            })
    }

    private func agent(_ entry: Registry.Entry) -> JSONValue {
        let record = entry.record
        let number = record.revision?.number
        let lag = own.revision.number - min(own.revision.number, number ?? 0)
        return .object([
            "id": .string(record.id), "name": .string(record.name), "state": .string(entry.state.rawValue),
            "revision": record.revision?.json ?? .null,
            "number": number.map { .integer(Int64(clamping: $0)) } ?? .null,
            "lag": .integer(Int64(clamping: lag)), "digest": .string(record.digest.description),
            "entries": .integer(Int64(clamping: record.entryCount)),
            "lastSeenSeconds": .double(Double(entry.silentFor) / 1_000),
            "service": record.service.isEmpty ? .null : .string(record.service),
            "version": record.serviceVersion.isEmpty ? .null : .string(record.serviceVersion),
            "health": .string("\(record.health)"), "skewMs": record.skew.map { .integer($0) } ?? .null,
            "quarantined": .array(record.quarantined.map { .string($0) }),
            "quarantinedCount": .integer(Int64(record.quarantinedCount)),
            "conflict": record.conflict.isEmpty ? .null : .string(record.conflict),
            "duplicateId": .bool(entry.isDuplicate), "pid": .integer(Int64(record.pid)),
        ])
    }
}
