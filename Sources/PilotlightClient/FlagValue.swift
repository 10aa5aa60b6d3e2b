/// A value of any kind that a flag, a flag's metadata or an evaluation context can hold.
///
/// Literals work: `["plan": "gold", "visits": 4, "beta": true]` is an object.
public enum FlagValue: Sendable, Hashable {
    /// JSON's null.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A text.
    case string(String)
    /// A number that is written without a fraction and an exponent.
    case integer(Int)
    /// Any other number.
    case double(Double)
    /// Values in order.
    case array([FlagValue])
    /// Values by key.
    case object([String: FlagValue])

    /// The member of an object; nil if there is none, and for values that are no object.
    public subscript(key: String) -> FlagValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The boolean, if this is one.
    public var booleanValue: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    /// The text, if this is one.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The integer, if this is one: `10.0` is none.
    public var integerValue: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// Any number, as a double; integers beyond 2^53 are rounded.
    public var doubleValue: Double? {
        switch self {
        case .double(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// The elements, if this is an array.
    public var arrayValue: [FlagValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, if this is an object.
    public var objectValue: [String: FlagValue]? {
        if case .object(let value) = self { value } else { nil }
    }
}

extension FlagValue: ExpressibleByBooleanLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number with a fraction.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// An array.
    public init(arrayLiteral elements: FlagValue...) { self = .array(elements) }

    /// An object; the last of two equal keys counts.
    public init(dictionaryLiteral elements: (String, FlagValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}
