import JSON

/// Users that an operator asks about: targeting keys, in their order, each once.
struct UserList: Sendable {
    private(set) var keys: [String] = []
    /// How often one came that was there already.
    private(set) var repeated = 0

    static let most = 5_000_000

    /// Nil where there is no list.
    init?(_ json: JSONValue?) throws(Refusal) {
        guard let json, json != .null else { return nil }
        guard let items = json.arrayValue else { throw .wrongType("keys", "a list of targeting keys") }
        guard items.count <= Self.most else {
            throw Refusal(
                .tooLarge, "Too many users", detail: "\"keys\" has \(items.count) elements; \(Self.most) are the most",
                hint: "ask in portions, or about a sample")
        }
        keys.reserveCapacity(items.count)
        var seen = Set<ExactString>(minimumCapacity: items.count)
        for (index, item) in items.enumerated() {
            guard let key = item.stringValue else { throw .wrongType("keys", "a list of targeting keys: strings") }
            guard !key.isEmpty else {
                throw Refusal(
                    .invalid, "Not a targeting key", detail: "\"keys\" has an empty one at index \(index)",
                    hint: "leave empty lines out")
            }
            if seen.insert(ExactString(key)).inserted { keys.append(key) } else { repeated += 1 }
        }
    }
}
