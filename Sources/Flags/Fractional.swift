import JSON

/// A `fractional` whose shares and variants stand in the rule: a hash, and a look along the sums.
final class Fractional: Sendable {
    enum Key: Sendable {
        /// Flag key and targeting key.
        case targetingKey
        case expression(Expression)
        /// An attribute's text or number among those of one salt. Whatever else it holds is no key.
        case attribute(VariablePath, salt: String)
    }

    private let key: Key
    private let shares: Shares
    let variants: [JSONValue]

    init(by key: Key, _ shares: Shares, variants: [JSONValue]) {
        self.key = key
        self.shares = shares
        self.variants = variants
    }

    enum Result {
        /// Index into `variants`; nil for null.
        case share(Int?)
        /// What was to be bucketed by turned out to be a share itself.
        case other(JSONValue)
    }

    func result(in scope: Scope) throws(TargetingFault) -> Result {
        let expression: Expression
        switch key {
        case .targetingKey:
            if case .value(let value) = scope.data, value.objectValue == nil { return .share(nil) }
            return .share(Bucket.ofTargetingKey(in: scope).flatMap { shares.index(of: $0) })
        case .attribute(let path, let salt):
            guard let text = try path.value(in: scope).flatMap(Self.text) else { return .share(nil) }
            return .share(shares.index(of: Bucket.hash(of: text, salt: salt, scope.bucketing)))
        case .expression(let key): expression = key
        }
        let first = try expression.value(in: scope)
        guard let place = Bucket.place(by: first, in: scope) else { return .share(nil) }
        if !place.firstIsKey, case .array = first {
            return .other(shares.result(with: first, variants: variants, in: scope))
        }
        return .share(place.firstIsKey ? shares.index(of: place.hash) : nil)
    }

    /// The hash that decides; nil where there is nothing to bucket by.
    func hash(in scope: Scope) throws(TargetingFault) -> UInt32? {
        switch key {
        case .targetingKey: return Bucket.ofTargetingKey(in: scope)
        case .attribute(let path, let salt):
            return try path.value(in: scope).flatMap(Self.text).map { Bucket.hash(of: $0, salt: salt, scope.bucketing) }
        case .expression(let key):
            return Bucket.place(by: try key.value(in: scope), in: scope).flatMap { $0.firstIsKey ? $0.hash : nil }
        }
    }

    /// The bucket, of how many, and the share that it is in, from and to; nil without one.
    func place(of hash: UInt32) -> (bucket: UInt64, total: UInt64, variant: JSONValue, from: UInt64, to: UInt64)? {
        guard let index = shares.index(of: hash) else { return nil }
        let bucket = Bucket.index(of: hash, among: shares.total)
        return (bucket, shares.total, variants[index], index == 0 ? 0 : shares.ends[index - 1], shares.ends[index] - 1)
    }

    /// An empty text is no key, as an empty targeting key is none.
    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text.isEmpty ? nil : text
        case .integer(let number): String(number)
        case .double(let number): NumberText.json(number)
        case .null, .bool, .array, .object: nil
        }
    }
}
