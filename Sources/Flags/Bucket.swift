import JSON

/// The point between 0 and 2^32 that `fractional` gives a user.
enum Bucket {
    struct Place {
        var hash: UInt32
        /// The first argument was what to bucket by; else it is a share.
        var firstIsKey: Bool
    }

    /// `first` is the first argument of `fractional`, evaluated. Nil if there is nothing to bucket by.
    static func place(by first: JSONValue, in scope: Scope) -> Place? {
        if case .value(let value) = scope.data, value.objectValue == nil { return nil }
        switch (scope.bucketing, first) {
        case (.v2, .string(let text)):
            var hash = Murmur3()
            hash.combine(text)
            return Place(hash: hash.finish(), firstIsKey: true)
        case (.v2, _): return ofTargetingKey(in: scope).map { Place(hash: $0, firstIsKey: first.isNull) }
        case (.v3, .null): return nil
        case (.v3, .array): return ofTargetingKey(in: scope).map { Place(hash: $0, firstIsKey: false) }
        case (.v3, _):
            var hash = Murmur3()
            hash.combine(cbor: first)
            return Place(hash: hash.finish(), firstIsKey: true)
        }
    }

    /// Where nothing else is said: flag key and targeting key. Nil without a targeting key.
    static func ofTargetingKey(in scope: Scope) -> UInt32? {
        guard let key = scope.targetingKey, !key.isEmpty else { return nil }
        return hash(of: key, salt: scope.bucketingFlagKey, scope.bucketing)
    }

    /// A key among those that share a salt, which is a flag's key where nothing else is said.
    static func hash(of key: String, salt: String, _ bucketing: Bucketing) -> UInt32 {
        var hash = Murmur3()
        switch bucketing {
        case .v2:
            hash.combine(salt)
            hash.combine(key)
        case .v3:
            hash.combine(cborListOf: 2)
            hash.combine(cborText: salt)
            hash.combine(cborText: key)
        }
        return hash.finish()
    }

    /// The bucket among `total`.
    @inline(__always)
    static func index(of hash: UInt32, among total: UInt64) -> UInt64 { (UInt64(hash) * total) >> 32 }
}
