/// Which state an answer comes from and how fresh that is: 29 bytes in every frame that answers something.
package struct StateStamp: Sendable, Hashable {
    /// 0 with a number of 0: the agent never held confirmed state.
    package var epochCounter: UInt64
    package var epochID: UInt64
    package var number: UInt64
    package var isReady: Bool
    package var isStale: Bool
    /// Milliseconds since the last heartbeat; nil when there was none since the agent started.
    package var stalenessMilliseconds: UInt32?

    package init(
        epochCounter: UInt64, epochID: UInt64, number: UInt64, isReady: Bool, isStale: Bool,
        stalenessMilliseconds: UInt32?
    ) {
        self.epochCounter = epochCounter
        self.epochID = epochID
        self.number = number
        self.isReady = isReady
        self.isStale = isStale
        self.stalenessMilliseconds = stalenessMilliseconds
    }

    private static let readyBit: UInt8 = 1
    private static let staleBit: UInt8 = 2

    func write(to bytes: inout [UInt8]) {
        bytes.append(integer: epochCounter)
        bytes.append(integer: epochID)
        bytes.append(integer: number)
        bytes.append((isReady ? Self.readyBit : 0) | (isStale ? Self.staleBit : 0))
        bytes.append(integer: stalenessMilliseconds.map { min($0, UInt32.max - 1) } ?? UInt32.max)
    }

    init(from fields: inout FieldReader) throws(FrameProblem) {
        epochCounter = try fields.integer(UInt64.self)
        epochID = try fields.integer(UInt64.self)
        number = try fields.integer(UInt64.self)
        let bits = try fields.integer(UInt8.self)
        isReady = bits & Self.readyBit != 0
        isStale = bits & Self.staleBit != 0
        let staleness = try fields.integer(UInt32.self)
        stalenessMilliseconds = staleness == .max ? nil : staleness
    }
}
