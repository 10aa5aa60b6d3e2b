import JSON

/// One pilot group as a document gives it: its members, those whom a rule takes in and a percentage of everybody, less
/// those it excludes.
package struct PilotDefinition: Sendable, Hashable {
    package var name: String
    /// Targeting keys, in the document's order, none twice.
    package var members: [String]
    /// A targeting expression; whoever it is true for is in.
    package var rule: JSONValue?
    package var percentage: Percentage
    /// Targeting keys that are never in.
    package var exclude: [String]

    package init(
        name: String, members: [String] = [], rule: JSONValue? = nil, percentage: Percentage = .none,
        exclude: [String] = []
    ) {
        self.name = name
        self.members = members
        self.rule = rule
        self.percentage = percentage
        self.exclude = exclude
    }

    /// The members a group may have in a document.
    static let memberNames = ["members", "rule", "percentage", "exclude"]
    package static let mostExcluded = 1_000

    /// What a group is besides its members, as a document holds it.
    package var json: JSONValue {
        var object = JSONObject()
        if let rule { object["rule"] = rule }
        if percentage != .none { object["percentage"] = percentage.json }
        if !exclude.isEmpty { object["exclude"] = .array(exclude.map { .string($0) }) }
        return .object(object)
    }

    /// What is stored, hashed and sent: the canonical text of `json`. Members are stored one by one.
    package var storedBytes: [UInt8] { json.canonicalBytes() }

    package static let longestMemberBytes = 256

    /// Why `name` can't name a pilot group; nil if it can.
    package static func fault(inName name: String) -> String? {
        PlainName.fault(in: name, of: "pilot group")
    }

    /// Why `member` can't be a member; nil if it can.
    package static func fault(inMember member: String) -> String? {
        if member.isEmpty { return "a member can't be empty" }
        if member.utf8.count > longestMemberBytes {
            return "the member has \(member.utf8.count) bytes; at most \(longestMemberBytes) are taken"
        }
        if member.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }) {
            return "the member holds a control character: lists of members go one to a line"
        }
        return nil
    }
}
