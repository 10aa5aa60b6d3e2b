import Flags
import LookupProtocol

/// What is asked about one flag or component. Every protocol parses into this.
struct Lookup {
    /// Of a component, the key that it is decided under.
    var key: String
    /// The type that the caller wants; nil takes any.
    var expected: ValueType?
    var context: EvaluationContext
}

/// The protocols that lookups come by, as metrics name them.
enum LookupSource: Int, CaseIterable {
    case ofrep
    case binary
    /// A load balancer's.
    case route

    var name: String {
        switch self {
        case .ofrep: "ofrep"
        case .binary: "binary"
        case .route: "route"
        }
    }
}
