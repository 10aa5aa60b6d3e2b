import JSON

extension FlagValue {
    /// Reads an object or array that the agent sent; nil if the bytes are no JSON.
    init?(bytes: [UInt8]) {
        guard let json = JSONReader.read(bytes, purpose: .context).value else { return nil }
        self.init(json)
    }

    package init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .boolean(value)
        case .integer(let value): self = .integer(Int(value))
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .array(elements.map { FlagValue($0) })
        case .object(let object):
            self = .object(
                Dictionary(object.map { ($0.key, FlagValue($0.value)) }, uniquingKeysWith: { _, last in last }))
        }
    }

    /// Nil if there is a number in it that JSON doesn't have: not a number, or infinite.
    package var json: JSONValue? {
        switch self {
        case .null: return .null
        case .boolean(let value): return .bool(value)
        case .integer(let value): return .integer(Int64(value))
        case .double(let value): return value.isFinite ? .double(value) : nil
        case .string(let value): return .string(value)
        case .array(let elements):
            let json = elements.compactMap(\.json)
            return json.count == elements.count ? .array(json) : nil
        case .object(let members): return Self.json(members).map { .object($0) }
        }
    }

    static func json(_ members: [String: FlagValue]) -> JSONObject? {
        var object: [JSONObject.Member] = []
        object.reserveCapacity(members.count)
        for (key, value) in members {
            guard let json = value.json else { return nil }
            object.append(JSONObject.Member(key: key, value: json))
        }
        return JSONObject(members: object)
    }
}
