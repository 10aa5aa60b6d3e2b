import JSON

/// A dotted path of `var`, split once. Numeric parts index into arrays.
struct VariablePath: Sendable, Hashable {
    struct Part: Sendable, Hashable {
        var name: String
        /// What the part means in an array. As in flagd's engine a part that is no number means the first element.
        var index: Int
    }

    enum Root: Sendable, Hashable {
        case attributes
        case targetingKey
        case flagd
    }

    let root: Root
    /// Empty: the whole of the data.
    let parts: [Part]

    init(_ text: String) {
        parts = text.utf8.split(separator: UInt8(ascii: ".")).map { part in
            let name = String(Substring(part))
            return Part(name: name, index: Int(exactly: (NumberText.parse(name) ?? 0).rounded(.towardZero)) ?? -1)
        }
        switch parts.first?.name {
        case "targetingKey"?: root = .targetingKey
        case "$flagd"?: root = .flagd
        default: root = .attributes
        }
    }

    /// Nil where nothing stands, and where null does.
    func value(in scope: Scope) -> JSONValue? {
        guard let first = parts.first else { return scope.whole.presence }
        var value: JSONValue
        switch scope.data {
        case .value(let data):
            guard let next = Self.child(first, of: data) else { return nil }
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
            case .attributes:
                guard let next = context.attributes[first.name] else { return nil }
                value = next
            }
        }
        for part in parts.dropFirst() {
            guard let next = Self.child(part, of: value) else { return nil }
            value = next
        }
        return value.presence
    }

    private static func child(_ part: Part, of value: JSONValue) -> JSONValue? {
        switch value {
        case .object(let object): object[part.name]
        case .array(let array): array.indices.contains(part.index) ? array[part.index] : nil
        default: nil
        }
    }
}

extension JSONValue {
    fileprivate var presence: JSONValue? { isNull ? nil : self }
}
