import JSON

/// A dotted path of `var`, split once. Numeric parts index into arrays.
struct VariablePath: Sendable, Hashable {
    struct Part: Sendable, Hashable {
        var name: String
        /// What the part means in an array; nil for a part that is no number.
        var index: Int?
    }

    enum Root: Sendable, Hashable {
        case attribute
        case targetingKey
        case flagd
        case current
        case accumulator
        case valueType
    }

    let root: Root
    /// Empty: the whole of the data.
    let parts: [Part]

    init(_ text: String) {
        parts = text.utf8.split(separator: UInt8(ascii: ".")).map { part in
            let name = String(Substring(part))
            return Part(
                name: name,
                index: NumberText.parse(name).map { Int(exactly: $0.rounded(.towardZero)) ?? -1 })
        }
        root =
            switch parts.first?.name {
            case "targetingKey"?: .targetingKey
            case "$flagd"?: .flagd
            case "current"?: .current
            case "accumulator"?: .accumulator
            case "valueType"?: .valueType
            default: .attribute
            }
    }

    /// Nil where nothing stands, and where null does.
    func value(in scope: Scope) throws(TargetingFault) -> JSONValue? {
        guard let first = parts.first else {
            if case .context(let context) = scope.data { try scope.spend(context.attributes.count) }
            return scope.whole.presence
        }
        var value: JSONValue
        switch scope.data {
        case .value(let data):
            guard let next = try Self.child(first, of: data, scope) else { return nil }
            value = next
        case .context(let context):
            switch root {
            case .flagd:
                if parts.count == 2 {
                    if parts[1].name == "timestamp" { return .integer(scope.unixSeconds) }
                    if parts[1].name == "flagKey" { return .string(scope.flagKey) }
                }
                value = scope.flagd
            case .targetingKey:
                guard let next = context.targetingKey.map(JSONValue.string) ?? context.attributes[first.name] else {
                    return nil
                }
                value = next
            case .attribute, .current, .accumulator, .valueType:
                try scope.spend(context.attributes.count >> 4)
                guard let next = context.attributes[first.name] else { return nil }
                value = next
            }
        case .reduction(let current, let accumulator, let valueType):
            switch root {
            case .current: value = current
            case .accumulator: value = accumulator
            case .valueType: value = .string(valueType)
            case .attribute, .targetingKey, .flagd: return nil
            }
        }
        for part in parts.dropFirst() {
            guard let next = try Self.child(part, of: value, scope) else { return nil }
            value = next
        }
        // What looks at a text is counted here, where the text comes from.
        if case .string(let text) = value, text.utf8.count > 1024 { try scope.spend(text.utf8.count >> 8) }
        return value.presence
    }

    private static func child(
        _ part: Part, of value: JSONValue, _ scope: Scope
    ) throws(TargetingFault) -> JSONValue? {
        switch value {
        case .object(let object):
            try scope.spend(object.count >> 4)
            return object[part.name]
        case .array(let array):
            guard let index = part.index, array.indices.contains(index) else { return nil }
            return array[index]
        default: return nil
        }
    }
}

extension JSONValue {
    fileprivate var presence: JSONValue? { isNull ? nil : self }
}
