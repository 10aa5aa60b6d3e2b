/// Lookups that wait for their answers, by request id.
///
/// A lookup whose deadline has passed leaves its place taken until the answer comes or the connection ends: its id is not
/// free before, and what an agent has not read yet stays bounded.
struct PendingLookups<Waiter: Sendable>: Sendable {
    private struct Place {
        var isTaken: Bool
        /// Nil once the deadline has passed.
        var waiter: Waiter?
        var deadline: UInt64
        var bytes: Int
    }

    private let limit: Int
    private let byteLimit: Int
    /// Place n belongs to request id n + 1.
    private var places: [Place] = []
    private var free: [UInt32] = []
    private(set) var count = 0
    private(set) var bytes = 0

    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    /// The request id, from 1 on; nil when there is no room.
    mutating func add(_ waiter: Waiter, deadline: UInt64, bytes size: Int) -> UInt32? {
        guard count < limit, count == 0 || bytes + size <= byteLimit else { return nil }
        count += 1
        bytes += size
        let place = Place(isTaken: true, waiter: waiter, deadline: deadline, bytes: size)
        if let id = free.popLast() {
            places[Int(id) - 1] = place
            return id
        }
        places.append(place)
        return UInt32(places.count)
    }

    /// Gives up the place of an answered request. Nil if nobody waits for it any more, or nobody ever did.
    mutating func take(_ id: UInt32) -> Waiter? {
        guard id >= 1, id <= places.count, places[Int(id) - 1].isTaken else { return nil }
        let place = places[Int(id) - 1]
        places[Int(id) - 1].isTaken = false
        places[Int(id) - 1].waiter = nil
        free.append(id)
        count -= 1
        bytes -= place.bytes
        return place.waiter
    }

    /// Those whose deadline has come.
    mutating func expire(at now: UInt64) -> [Waiter] {
        var expired: [Waiter] = []
        for index in places.indices where places[index].deadline <= now {
            guard let waiter = places[index].waiter else { continue }
            expired.append(waiter)
            places[index].waiter = nil
        }
        return expired
    }

    /// All that still wait; every place is free afterwards.
    mutating func removeAll() -> [Waiter] {
        let waiters = places.compactMap(\.waiter)
        places.removeAll()
        free.removeAll()
        count = 0
        bytes = 0
        return waiters
    }

    /// Nil when nobody waits.
    var earliestDeadline: UInt64? {
        var earliest: UInt64?
        for place in places where place.waiter != nil { earliest = min(earliest ?? .max, place.deadline) }
        return earliest
    }
}
