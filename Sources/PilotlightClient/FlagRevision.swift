import LookupProtocol

/// Which state an answer comes from. Within an epoch an agent's numbers never fall.
public struct FlagRevision: Sendable, Hashable, CustomStringConvertible {
    /// Orders epochs: a higher one is later.
    public var epochCounter: UInt64
    /// Tells two epochs of one counter apart.
    public var epochID: UInt64
    /// The revision's number, as `pilotlight` prints it.
    public var number: UInt64

    /// As `pilotlight` prints it: `42 (epoch 1)`.
    public var description: String { "\(number) (epoch \(epochCounter))" }

    /// Nil if the agent holds no confirmed state yet.
    init?(_ stamp: StateStamp) {
        guard stamp.isReady else { return nil }
        epochCounter = stamp.epochCounter
        epochID = stamp.epochID
        number = stamp.number
    }
}
