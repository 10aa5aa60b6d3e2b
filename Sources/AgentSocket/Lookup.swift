import Flags
import LookupProtocol

/// What is asked about one flag. Every protocol parses into this.
struct Lookup {
    var key: String
    /// The type that the caller wants; nil takes any.
    var expected: ValueType?
    var context: EvaluationContext
}

/// The protocols that lookups come by, as metrics name them.
enum LookupSource: Int, CaseIterable {
    case ofrep
    case binary

    var name: String {
        switch self {
        case .ofrep: "ofrep"
        case .binary: "binary"
        }
    }
}
