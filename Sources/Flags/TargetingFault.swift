/// Why a targeting expression gave no result; answered as PARSE_ERROR.
package struct TargetingFault: Error, Sendable, Hashable, CustomStringConvertible {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}
