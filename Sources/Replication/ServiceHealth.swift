/// What an agent says of the service that it stands beside.
package enum ServiceHealth: UInt8, Sendable, Hashable, CaseIterable {
    /// It isn't told where to ask.
    case unchecked = 0
    case passing = 1
    /// Refused, too slow, or not asked yet.
    case failing = 2
}
