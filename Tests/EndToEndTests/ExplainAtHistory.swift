import Foundation
import Harness
import JSON

/// Makes a history out of random changes: of flags, pilot groups, components, kills and releases.
struct ExplainAtHistory {
    let control: ControlProcess
    private var random: SeededRandom
    private let connection: HTTPConnection
    /// The release under way.
    private var release: String?
    private var releases = 0
    private var launched: [String] = []
    /// How many changes of each kind were published.
    private(set) var published: [String: Int] = [:]

    static let flags = (0..<6).map { "f\($0)" }
    /// Never deleted.
    static let lasting = "f5"
    static let components = ["shop", "front"]
    static let versions = ["1.0.0", "2.0.0", "3.0.0"]
    static let pilots = (0..<3).map { "p\($0)" }
    static let users = 400
    private static let variants = ["a", "b", "c"]

    init(_ control: ControlProcess, seed: UInt64) {
        self.control = control
        random = SeededRandom(seed: seed)
        connection = HTTPConnection(.tcp(control.apiPort))
    }

    /// Everything that is changed later, and deployments for releases to go by.
    mutating func begin() throws {
        var flags: JSONObject = [:]
        for flag in Self.flags { flags[flag] = definition(flag) }
        let versions = JSONValue.object(JSONObject(members: Self.versions.map { .init(key: $0, value: [:]) }))
        var components: JSONObject = [:]
        for component in Self.components {
            components[component] = ["versions": versions, "defaultVersion": "1.0.0"]
        }
        var pilots: JSONObject = [:]
        for (index, pilot) in Self.pilots.enumerated() {
            pilots[pilot] = ["members": .array((0..<20).map { .string("user-\($0 * (index + 2))") })]
        }
        try control.apply(
            JSONValue.object(["flags": .object(flags), "components": .object(components), "pilots": .object(pilots)])
                .compactText())
        for component in Self.components {
            let path = "/v1/environments/production/deployments"
            try control.ask("POST", path, ["component": .string(component), "version": "2.0.0"])
            try control.ask("POST", path + "/\(component)/2.0.0/verify", ["passed": true])
        }
    }

    /// Launches a release of a flag for good, which goes on requiring what an agent that comes later doesn't meet.
    func requireForGood() throws {
        let path = "/v1/environments/production/releases"
        let plan: JSONValue = [
            "name": "lasting", "changes": [["flag": .string(Self.lasting), "variant": "a"]],
            "requires": ["everywhere: shop >= 2.0.0"], "stages": [["percentage": 100]],
        ]
        for (order, body) in [("", plan), ("/lasting/start", [:]), ("/lasting/launch", [:])] {
            try control.ask("POST", path + order, body)
        }
    }

    mutating func user() -> String { "user-\(random.below(Self.users))" }
    mutating func below(_ limit: Int) -> Int { random.below(limit) }
    mutating func one(of names: [String]) -> String { names[random.below(names.count)] }
    private mutating func one(of value: [JSONValue]) -> JSONValue { value[random.below(value.count)] }

    private mutating func definition(_ flag: String) -> JSONValue {
        let values: JSONValue =
            flag == "f0" ? ["a": 1, "b": 2.5, "c": -7] : ["a": "A", "b": "é", "c": ""]
        var object: JSONObject = [
            "state": "ENABLED", "variants": values, "defaultVariant": .string(one(of: Self.variants)),
        ]
        switch random.below(4) {
        case 0:
            object["targeting"] = [
                "if": [["in_pilot": .string(one(of: Self.pilots))], .string(one(of: Self.variants))]
            ]
        case 1: object["targeting"] = ["if": [["==": [["var": "plan"], "gold"]], .string(one(of: Self.variants))]]
        case 2:
            object["targeting"] = [
                "if": [[">=": [["var": "age"], 18]], ["fractional": [["a", 30], ["b", 70]]]]
            ]
        default: break
        }
        if random.below(2) == 0 {
            object["rollout"] = [
                "variant": .string(one(of: Self.variants)), "percentage": .integer(Int64(random.below(101))),
                "pilots": [.string(one(of: Self.pilots))],
            ]
        }
        // Always one with a lower number: they come to an end.
        if let index = Self.flags.firstIndex(of: flag), index > 0, random.below(4) == 0 {
            object["prerequisites"] = [
                ["flag": .string(Self.flags[random.below(index)]), "variant": .string(one(of: Self.variants))]
            ]
        }
        return .object(object)
    }

    // MARK: Changes

    /// One change, which may be refused.
    /// - Returns: the number at which the environment stands after it, if it published something.
    mutating func change() throws -> Int64? {
        let flag = one(of: Self.flags)
        let component = one(of: Self.components)
        switch random.below(18) {
        case 0, 1:
            let text = JSONValue.object(["flags": .object([flag: definition(flag)])]).compactText()
            return try ask("flag", "POST", "/apply", ["documents": [["name": "d.json", "text": .string(text)]]])
        case 2:
            return try ask("default", "PATCH", "/flags/\(flag)", ["defaultVariant": .string(one(of: Self.variants))])
        case 3:
            return try ask(
                "state", "PATCH", "/flags/\(flag)", ["state": .string(random.below(3) == 0 ? "DISABLED" : "ENABLED")])
        case 4:
            return try ask(
                "ramp", "POST", "/flags/\(flag)/ramp",
                ["variant": .string(one(of: Self.variants)), "percentage": .integer(Int64(random.below(101)))])
        case 5: return try ask("kill", "POST", "/flags/\(flag)/kill", ["variant": .string(one(of: Self.variants))])
        case 6: return try ask("unkill", "POST", "/flags/\(flag)/unkill")
        case 7, 8:
            let body: JSONValue = [
                random.below(2) == 0 ? "add" : "remove": .array((0..<8).map { _ in .string(user()) })
            ]
            return try ask("members", "POST", "/pilots/\(one(of: Self.pilots))/members", body)
        case 9:
            let rule: JSONValue = one(of: [["==": [["var": "plan"], "gold"]], ["<": [["var": "age"], 20]], .null])
            return try ask("rule", "PATCH", "/pilots/\(one(of: Self.pilots))", ["rule": rule])
        case 10:
            let split: JSONValue = ["1.0.0": 40, "2.0.0": .integer(Int64(random.below(50)))]
            return try ask("split", "PATCH", "/components/\(component)", ["split": split, "unchecked": true])
        case 11:
            let version = JSONValue.string(one(of: Self.versions))
            return try ask(
                "version", "PATCH", "/components/\(component)", ["defaultVersion": version, "unchecked": true])
        case 12:
            let pilots: JSONValue = .object([one(of: Self.pilots): random.below(3) == 0 ? .null : "3.0.0"])
            return try ask("version pilot", "PATCH", "/components/\(component)", ["pilots": pilots, "unchecked": true])
        case 13 where random.below(3) == 0 && flag != Self.lasting:
            return try ask("deletion", "DELETE", "/flags/\(flag)")
        default: return try move()
        }
    }

    /// A release begins, or goes on.
    private mutating func move() throws -> Int64? {
        guard let name = release else {
            if let old = launched.last, random.below(2) == 0 {
                launched.removeLast()
                return try ask("take back", "POST", "/releases/\(old)/rollback", ["skipConflicts": true])
            }
            releases += 1
            let name = "r\(releases)"
            var changes: [JSONValue] = [
                ["flag": .string(one(of: Self.flags)), "variant": .string(one(of: Self.variants))]
            ]
            if random.below(2) == 0 {
                changes.append(["component": .string(one(of: Self.components)), "version": "2.0.0"])
            }
            let share = Int64(1 + random.below(90))
            var plan: JSONObject = [
                "name": .string(name), "changes": .array(changes),
                "stages": [
                    ["pilots": [.string(one(of: Self.pilots))]], ["percentage": .integer(share)],
                    ["percentage": .integer(share + 5)],
                ],
            ]
            // What agents check by themselves: one of the two doesn't meet it.
            if random.below(2) == 0 { plan["requires"] = ["present: shop 2.0.0, at least 1"] }
            _ = try ask("plan", "POST", "/releases", .object(plan))
            let number = try ask("start", "POST", "/releases/\(name)/start")
            if number != nil { release = name }
            return number
        }
        let order = one(of: ["advance", "advance", "hold", "resume", "launch", "rollback"])
        let number = try ask(order, "POST", "/releases/\(name)/\(order)")
        let state = try control.ask("GET", "/v1/environments/production/releases/\(name)")["state"]
        if state == "launched" { launched.append(name) }
        if state == "launched" || state == "rolled-back" { release = nil }
        return number
    }

    private mutating func ask(
        _ kind: String, _ method: String, _ path: String, _ body: JSONValue = [:]
    ) throws -> Int64? {
        let answer = try connection.request(
            method, "/v1/environments/production" + path,
            body: method == "DELETE" ? nil : Array(body.compactText().utf8))
        switch answer.status {
        case 200, 201:
            published[kind, default: 0] += 1
            return answer.json["revision"]?["number"]?.integerValue
        // It belongs to a release, isn't there, is as it is already, or wouldn't fit.
        case 404, 409, 422: return nil
        default: throw HarnessError("\(method) \(path) \(body.compactText()): \(answer.status) \(answer.text)")
        }
    }
}
