import Flags
import JSON
import LookupProtocol

/// Gives a value the type that its reader can take, where nothing is lost; TYPE_MISMATCH where something would be.
enum ValueConversion {
    /// The integers that a double carries exactly, on both sides.
    private static let exactIntegers = -9_007_199_254_740_991...9_007_199_254_740_991 as ClosedRange<Int64>

    static func convert(_ evaluation: inout Evaluation, key: String, to expected: ValueType?, in flags: FlagSet) {
        guard let value = evaluation.value else { return }
        if let expected {
            if let converted = converted(value, to: expected) {
                evaluation.value = converted
            } else {
                evaluation = .failure(
                    .typeMismatch,
                    "\(ComponentKey.title(of: key)) is \(value.kindText), not \(name(expected)): ask for its own type",
                    metadata: evaluation.metadata)
            }
        } else if case .integer(let number) = value, exactIntegers.contains(number), hasFractions(key, in: flags) {
            // Stock clients that ask for a float refuse the JSON text `0`, which is what a flag with the variants 0 and
            // 0.5 would send half of the time: one flag has one type of number.
            evaluation.value = .double(Double(number))
        }
    }

    private static func converted(_ value: JSONValue, to expected: ValueType) -> JSONValue? {
        switch (value, expected) {
        case (.bool, .bool), (.string, .string), (.integer, .integer), (.double, .double), (.object, .object),
            (.array, .object):
            value
        case (.integer(let number), .double):
            exactIntegers.contains(number) ? .double(Double(number)) : nil
        case (.double(let number), .integer):
            Int64(exactly: number).flatMap { exactIntegers.contains($0) ? .integer($0) : nil }
        default: nil
        }
    }

    private static func hasFractions(_ key: String, in flags: FlagSet) -> Bool {
        guard let variants = flags.definition(of: key)?.variants else { return false }
        return variants.contains { member in
            if case .double = member.value { true } else { false }
        }
    }

    private static func name(_ type: ValueType) -> String {
        switch type {
        case .bool: "a boolean"
        case .string: "a string"
        case .integer: "an integer"
        case .double: "a number that a double can carry"
        case .object: "an object"
        }
    }
}
