import JSON

/// The shares of a `fractional`: what follows what to bucket by.
struct Shares: Sendable {
    static let mostWeight: Int64 = 2_147_483_647
    /// Up to so many, looking at one after the other is the quickest.
    private static let mostScanned = 8

    /// Running sums of the weights, one for each share.
    private(set) var ends: [UInt64] = []
    private(set) var total: UInt64 = 0

    /// Why a weight can't be used; negative ones count as 0.
    static func weight(_ json: JSONValue) throws(TargetingFault) -> Int64 {
        let weight: Int64
        switch json {
        case .null: weight = 1
        case .integer(let value): weight = value
        case .double(let value):
            guard let whole = Int64(exactly: value) else {
                throw TargetingFault("the weight \(json.compactText()) is not a whole number")
            }
            weight = whole
        default: throw TargetingFault("a weight is \(json.kindText), not a number")
        }
        return max(0, weight)
    }

    mutating func append(weight: Int64) throws(TargetingFault) {
        let (sum, overflow) = total.addingReportingOverflow(UInt64(weight))
        guard !overflow, sum <= UInt64(Self.mostWeight) else {
            throw TargetingFault("the weights add up to more than \(Self.mostWeight)")
        }
        total = sum
        ends.append(sum)
    }

    /// The share that `hash` falls into; nil if all weights are 0.
    func index(of hash: UInt32) -> Int? {
        guard total > 0 else { return nil }
        let bucket = Bucket.index(of: hash, among: total)
        guard ends.count > Self.mostScanned else { return ends.firstIndex { bucket < $0 } }
        var low = 0
        var high = ends.count - 1
        while low < high {
            let middle = (low + high) / 2
            if bucket < ends[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The same with one share before these.
    func result(with first: JSONValue, variants: [JSONValue], in scope: Scope) -> JSONValue {
        var arguments = [first]
        var before: UInt64 = 0
        for (variant, end) in zip(variants, ends) {
            arguments.append(.array([variant, .integer(Int64(end - before))]))
            before = end
        }
        return Self.result(of: arguments, in: scope)
    }

    /// The variant of a share may be any single value.
    static func isVariant(_ value: JSONValue) -> Bool {
        switch value {
        case .array, .object: false
        default: true
        }
    }

    /// `fractional` over arguments that are known only now; null where anything is wrong with them.
    static func result(of arguments: [JSONValue], in scope: Scope) -> JSONValue {
        guard let first = arguments.first, let place = Bucket.place(by: first, in: scope) else { return .null }
        let entries = place.firstIsKey ? arguments.dropFirst() : arguments[...]
        var shares = Shares()
        for entry in entries {
            guard case .array(let pair) = entry, let variant = pair.first, isVariant(variant) else { return .null }
            do throws(TargetingFault) {
                try shares.append(weight: pair.count > 1 ? weight(pair[1]) : 1)
            } catch {
                return .null
            }
        }
        guard let index = shares.index(of: place.hash) else { return .null }
        return entries[entries.startIndex + index].arrayValue?[0] ?? .null
    }
}
