/// A flag's value with its type. `object` holds JSON (an object or an array), as bytes.
package enum AnswerValue: Sendable, Hashable {
    case bool(Bool)
    case string(String)
    case integer(Int64)
    case double(Double)
    case object([UInt8])

    package var type: ValueType {
        switch self {
        case .bool: .bool
        case .string: .string
        case .integer: .integer
        case .double: .double
        case .object: .object
        }
    }

    /// Type byte first, then the value.
    static func write(_ value: AnswerValue?, to bytes: inout [UInt8]) {
        guard let value else { return bytes.append(0) }
        bytes.append(value.type.rawValue)
        switch value {
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .string(let value): bytes.append(longText: value)
        case .integer(let value): bytes.append(integer: value)
        case .double(let value): bytes.append(integer: value.bitPattern)
        case .object(let value): bytes.append(longBytes: value)
        }
    }

    static func read(from fields: inout FieldReader) throws(FrameProblem) -> AnswerValue? {
        let code = try fields.integer(UInt8.self)
        guard code != 0 else { return nil }
        switch ValueType(rawValue: code) {
        case .bool:
            let value = try fields.integer(UInt8.self)
            guard value <= 1 else { throw .unknownCode(field: "boolean", value: value) }
            return .bool(value == 1)
        case .string: return try .string(fields.longText())
        case .integer: return try .integer(fields.integer(Int64.self))
        case .double: return try .double(Double(bitPattern: fields.integer(UInt64.self)))
        case .object: return try .object(fields.longBytes())
        case nil: throw .unknownCode(field: "value type", value: code)
        }
    }
}

/// The type of a value. In requests and answers 0 stands for none: any type, no value.
package enum ValueType: UInt8, Sendable, CaseIterable {
    case bool = 1
    case string = 2
    case integer = 3
    case double = 4
    case object = 5
}
