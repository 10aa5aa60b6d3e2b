/// Deltas that arrived ahead of their turn. Bounded: what doesn't fit is dropped, and asked for again by the catch-up.
struct KeptDeltas: Sendable {
    private var deltas: [UInt64: Delta] = [:]
    private var epoch: Epoch?
    private var byteCount = 0

    var isEmpty: Bool { deltas.isEmpty }

    mutating func insert(_ delta: Delta, _ settings: Replica.Settings) {
        if epoch != delta.revision.epoch {
            removeAll()
            epoch = delta.revision.epoch
        }
        let size = delta.approximateSize
        guard deltas[delta.revision.number] == nil, deltas.count < settings.keptDeltas,
            byteCount + size <= settings.keptBytes
        else { return }
        deltas[delta.revision.number] = delta
        byteCount += size
    }

    /// Removes and returns the run of deltas that follows `revision`; forgets those at or below it.
    mutating func take(after revision: Revision) -> [Delta] {
        guard epoch == revision.epoch else { return [] }
        var run: [Delta] = []
        var number = revision.number + 1
        while let delta = deltas.removeValue(forKey: number) {
            run.append(delta)
            number += 1
        }
        deltas = deltas.filter { $0.key >= number }
        byteCount = deltas.values.reduce(0) { $0 + $1.approximateSize }
        return run
    }

    mutating func removeAll() {
        deltas = [:]
        byteCount = 0
        epoch = nil
    }
}

extension Delta {
    /// Bytes it takes up in memory, about.
    var approximateSize: Int {
        changes.reduce(96) { sum, change in
            switch change {
            case .put(let key, let bytes): sum + 32 + key.name.utf8.count + bytes.count
            case .delete(let key): sum + 32 + key.name.utf8.count
            case .addMembers(_, let members), .removeMembers(_, let members), .replaceMembers(_, let members):
                members.reduce(sum + 32) { $0 + 16 + $1.utf8.count }
            }
        }
    }
}
