/// Which flag, for whom, and what must come back: no two flags ever answer the same number.
struct Question {
    static let flags = 100
    static let users = 1_000

    let flag: Int
    let user: Int

    /// The nth of one task's questions.
    init(_ number: Int, task: Int) {
        flag = (number &* 7 &+ task) % Self.flags
        user = (number &* 13 &+ task) % Self.users
    }

    var key: String { "flag-\(flag)" }
    var targetingKey: String { "user-\(user)" }
    /// Users with an even number are in the group.
    var expected: Int { user.isMultiple(of: 2) ? 1_000 + flag : flag }

    static var document: String {
        let definitions = (0..<flags).map { flag in
            """
            "flag-\(flag)": {"state": "ENABLED", "variants": {"in": \(1_000 + flag), "out": \(flag)}, \
            "defaultVariant": "out", "targeting": {"if": [{"in_pilot": "even"}, "in", null]}}
            """
        }
        let members = (0..<users / 2).map { "\"user-\(2 * $0)\"" }
        return """
            {"flags": {\(definitions.joined(separator: ","))},
             "pilots": {"even": {"members": [\(members.joined(separator: ","))]}}}
            """
    }
}
