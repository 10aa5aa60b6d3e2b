/// What an agent says of the service that it stands beside.
package enum ServiceHealth: UInt8, Sendable, Hashable, CaseIterable {
    /// It isn't told where to ask.
    case unchecked = 0
    case passing = 1
    /// Refused, wrong or too slow.
    case failing = 2
    /// It is asked, and hasn't answered yet.
    case unknown = 3
}
