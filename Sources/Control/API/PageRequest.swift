import JSON

/// Which part of a list is asked for: `?limit=100&after=CURSOR`, the cursor being the last answer's `next`.
struct PageRequest {
    let limit: Int
    let after: String?

    static let defaultLimit = 1_000
    static let largestLimit = 10_000

    init(_ request: APIRequest) throws(Refusal) {
        after = request.query("after")
        guard let text = request.query("limit") else {
            limit = Self.defaultLimit
            return
        }
        guard let number = Int(text), (1...Self.largestLimit).contains(number) else {
            throw Refusal(
                .malformed, "Malformed query", detail: "limit=\(text) is no number from 1 to \(Self.largestLimit)",
                hint: "leave it out for \(Self.defaultLimit)")
        }
        limit = number
    }

    /// The page of a list sorted by the bytes of `name`, and the cursor of the next one.
    func cut<Element>(_ sorted: [Element], by name: (Element) -> String) -> (
        items: ArraySlice<Element>, next: JSONValue
    ) {
        var start = 0
        if let after { start = sorted.firstIndex { after.precedesInBytes(name($0)) } ?? sorted.count }
        let page = sorted[start...].prefix(limit)
        guard let last = page.last, page.endIndex < sorted.endIndex else { return (page, .null) }
        return (page, .string(name(last)))
    }

    /// `after` as a revision's number.
    func number() throws(Refusal) -> UInt64? {
        guard let after else { return nil }
        return try RevisionNumber.read(after, of: "after")
    }
}
