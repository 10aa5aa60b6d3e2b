import Flags
import JSON

/// A pilot group: its members, and what else it is.
struct GroupForm: Hashable {
    var members: Set<String> = []
    var terms = GroupTerms()

    enum Membership {
        case isIn, isOut
        /// A share of users decides that the model doesn't work out.
        case unsure
        case noGroup
    }

    func membership(of user: String?) -> Membership {
        guard let user else { return terms.share == 100 ? .isIn : .isOut }
        if terms.exclude.contains(user) { return .isOut }
        if members.contains(user) || terms.share == 100 || terms.rule.contains(user) { return .isIn }
        return terms.share == 0 ? .isOut : .unsure
    }
}

/// One form of what a group is besides its members.
struct GroupTerms: Hashable {
    /// Users whom a rule takes in.
    var rule: [String] = []
    /// Percent.
    var share = 0
    var exclude: [String] = []
    /// It can't be compiled; the stamp of the change that wrote it.
    var brokenBy: Int?

    var isBroken: Bool { brokenBy != nil }

    /// Canonical JSON.
    var bytes: [UInt8] {
        if let brokenBy { return Array("{\"revised\":\(brokenBy)}".utf8) }
        var members: [String] = []
        if !exclude.isEmpty { members.append("\"exclude\":\(list(exclude))") }
        if share > 0 { members.append("\"percentage\":\(share)") }
        if !rule.isEmpty { members.append("\"rule\":{\"in\":[{\"var\":\"targetingKey\"},\(list(rule))]}") }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    private func list(_ users: [String]) -> String { "[" + users.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
}

/// A kill as the model has it.
struct KillForm: Hashable {
    var stamp: Int
    /// `in` and `out` are variants that every flag has; `off` is none of any flag, so that its value is the kill's own.
    var variant: String
    /// Nobody can read it.
    var isBroken = false

    var value: String { "off-\(stamp)" }

    var bytes: [UInt8] {
        if isBroken { return Array("{\"until\":\(stamp),\"variant\":\"\(variant)\"}".utf8) }
        return Kill(variant: variant, value: .string(value)).storedBytes
    }
}
