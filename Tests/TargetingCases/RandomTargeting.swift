import Flags
import Harness
import JSON

/// Makes random flags and contexts that every engine of flagd's should answer alike: typed, so that what engines are
/// known to disagree on (docs/targeting.md lists it) doesn't come up.
package struct RandomTargeting {
    private var random: SeededRandom
    /// flagd's Python engine can't put evaluators in that hold other letters.
    private var isPlain = false

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// A document with one flag `f`, the context it is looked up with, and the type it is asked for.
    package mutating func next() -> (document: JSONValue, context: JSONObject, type: String) {
        let kind = random.below(4)
        let names = ["on", "off", "true", "false", "gold", "silver"]
        let variants = JSONObject(
            members: names.enumerated().map { index, name in
                let value: JSONValue =
                    switch kind {
                    case 0: .bool(index % 2 == 0)
                    case 1: .string("value-\(name)")
                    case 2: index % 2 == 0 ? .integer(Int64(index)) : .double(Double(index) + 0.25)
                    default: ["name": .string(name), "size": .integer(Int64(index))]
                    }
                return JSONObject.Member(key: name, value: value)
            })
        var flag: JSONObject = ["state": one(of: 20) ? "DISABLED" : "ENABLED", "variants": .object(variants)]
        if !one(of: 5) { flag["defaultVariant"] = one(of: 8) ? .null : .string(pick(names)) }
        if !one(of: 20) {
            var targeting = variant(4)
            // A rule that is no operator at all isn't targeting.
            if targeting.objectValue == nil { targeting = ["if": [true, targeting]] }
            flag["targeting"] = targeting
        }
        if one(of: 3) { flag["metadata"] = ["owner": "shop", "weight": 3] }
        var document: JSONObject = ["flags": ["f": .object(flag)]]
        isPlain = true
        document["$evaluators"] = ["staff": ["!!": [condition(2)]], "far": ["or": [condition(2), condition(1)]]]
        isPlain = false
        if one(of: 3) { document["metadata"] = ["team": "core", "owner": "none"] }
        return (.object(document), context(), ["boolean", "string", "float", "object"][kind])
    }

    // MARK: Context

    private mutating func context() -> JSONObject {
        var context: JSONObject = [:]
        func put(_ key: String, _ value: JSONValue, _ random: inout SeededRandom) {
            let draw = random.below(20)
            if draw > 3 { context[key] = value } else if draw == 0 { context[key] = .null }
        }
        put("age", .integer(Int64(random.below(100))), &random)
        put("score", .double(Double(random.below(400)) / 4), &random)
        put("level", .string(String(random.below(30))), &random)
        for key in ["tier", "country", "email", "name"] { put(key, word(), &random) }
        for key in ["beta", "staff"] { put(key, .bool(one(of: 2)), &random) }
        put("version", .string(pick(Self.versions)), &random)
        put("tags", .array((0..<random.below(4)).map { _ in word() }), &random)
        put("sizes", .array((0..<random.below(5)).map { _ in .integer(Int64(random.below(20))) }), &random)
        let items = (0..<random.below(4)).map { _ -> JSONValue in
            ["price": .integer(Int64(random.below(50))), "label": word()]
        }
        put("items", .array(items), &random)
        put("user", ["plan": word(), "seats": .integer(Int64(random.below(9)))], &random)
        if !one(of: 6) { context["targetingKey"] = .string("user-\(random.below(100_000))") }
        return context
    }

    private static let words = [
        "gold", "silver", "bronze", "on", "off", "germany", "françe", "日本語x", "ann@example.org", "bob@shop.test",
        "zebra",
    ]
    private static let plainWords = words.filter { $0.utf8.allSatisfy { $0 < 0x80 } }
    private static let versions = [
        "1.2.3", "1.2.4", "v1.10.0", "V2.0.0", "2", "1.3", "2.0.0-rc.1", "2.0.0-rc.2", "2.0.0+build", "none", "1.2.3.4",
    ]

    private mutating func word() -> JSONValue { .string(pick(isPlain ? Self.plainWords : Self.words)) }

    private mutating func pick<Element>(_ list: [Element]) -> Element { list[random.below(list.count)] }

    private mutating func one(of count: Int) -> Bool { random.below(count) == 0 }

    private func variable(_ path: String, _ otherwise: JSONValue? = nil) -> JSONValue {
        guard let otherwise else { return ["var": .string(path)] }
        return ["var": [.string(path), otherwise]]
    }

    // MARK: Rules

    /// What can name a variant, or nothing.
    private mutating func variant(_ depth: Int) -> JSONValue {
        let names = ["on", "off", "gold", "silver"]
        switch random.below(depth > 0 ? 14 : 5) {
        case 0, 1: return .string(pick(names))
        case 2: return .null
        case 3: return variable("tier")
        case 4: return one(of: 8) ? "nobody" : .string(pick(names))
        case 5: return condition(depth - 1)
        case 6, 7, 8:
            var arguments: [JSONValue] = []
            for _ in 0...random.below(3) { arguments += [condition(depth - 1), variant(depth - 1)] }
            if one(of: 2) { arguments.append(variant(depth - 1)) }
            return ["if": .array(arguments)]
        case 9: return ["?:": [condition(depth - 1), variant(depth - 1), variant(depth - 1)]]
        case 10: return text(depth - 1)
        default: return fractional(depth - 1)
        }
    }

    private mutating func fractional(_ depth: Int) -> JSONValue {
        var arguments: [JSONValue] = []
        switch random.below(8) {
        case 0: arguments.append(variable("email"))
        case 1: arguments.append(["cat": [variable("$flagd.flagKey"), variable("targetingKey", "nobody")]])
        case 2: arguments.append(variable("age"))
        case 3: arguments.append(variable("score"))
        case 4: arguments.append(variable(pick(["beta", "user", "missing.path"])))
        default: break
        }
        let count = 1 + random.below(4)
        for _ in 0..<count {
            let result: JSONValue =
                one(of: 5) ? variant(min(depth, 1)) : .string(pick(["on", "off", "gold", "silver"]))
            if one(of: 5) {
                arguments.append([result])
            } else {
                let weight = one(of: 12) ? -random.below(5) : random.below(101)
                arguments.append([result, .integer(Int64(weight))])
            }
        }
        return ["fractional": .array(arguments)]
    }

    private mutating func condition(_ depth: Int) -> JSONValue {
        guard depth > 0 else { return atom() }
        switch random.below(16) {
        case 0, 1: return ["and": .array((0...random.below(3)).map { _ in condition(depth - 1) })]
        case 2, 3: return ["or": .array((0...random.below(3)).map { _ in condition(depth - 1) })]
        case 4: return ["!": [condition(depth - 1)]]
        case 5: return ["!!": [one(of: 2) ? text(depth - 1) : number(depth - 1)]]
        case 6: return ["if": [condition(depth - 1), condition(depth - 1), condition(depth - 1)]]
        case 7: return [pick(["==", "!=", "===", "!=="]): [text(depth - 1), text(depth - 1)]]
        case 8: return [pick(["<", "<=", ">", ">="]): [number(depth - 1), number(depth - 1)]]
        case 9: return [pick(["<", "<=", ">", ">="]): [number(0), number(depth - 1), number(0)]]
        case 10: return ["==": [number(depth - 1), number(depth - 1)]]
        case 11: return walk()
        default: return atom()
        }
    }

    private mutating func atom() -> JSONValue {
        switch random.below(15) {
        case 0: return .bool(one(of: 2))
        case 1:
            return one(of: 5)
                ? ["!!": [variable("tags")]] : variable(pick(["beta", "staff", "tier", "age", "gone.path"]))
        case 2:
            return [
                "==": [
                    variable(pick(["tier", "country", "user.plan", "tags.0", "tags.9"])), word(),
                ]
            ]
        case 3: return ["!=": [variable(pick(["email", "name"])), word()]]
        case 4: return ["in": [text(0), .array((0..<(1 + random.below(12))).map { _ in word() })]]
        case 5:
            return [
                "in": [
                    .string(pick(["an", "old", isPlain ? "@" : "本", "@"])), variable(pick(["email", "name", "tier"])),
                ]
            ]
        case 6: return ["in": [word(), variable("tags")]]
        case 7:
            return [
                "in": [number(0), .array((0..<(1 + random.below(12))).map { _ in .integer(Int64(random.below(30))) })]
            ]
        case 8:
            return [
                pick(["starts_with", "ends_with"]): [
                    variable("email"), .string(pick(["ann", "org", "zeb", "ld", "g"])),
                ]
            ]
        case 9:
            let relation = pick(["=", "!=", "<", "<=", ">", ">=", "^", "~"])
            return ["sem_ver": [variable("version"), .string(relation), .string(pick(Array(Self.versions.prefix(9))))]]
        case 10: return ["!": [["missing": [.string(pick(["tier", "age", "user.plan"])), "email"]]]]
        case 11: return ["==": [["missing_some": [1, ["tier", "nowhere"]]], 1]]
        case 12: return ["<": [variable("$flagd.timestamp"), .integer(one(of: 2) ? 1_000_000_000 : 9_000_000_000)]]
        case 13: return ["==": [variable("level", "5"), .integer(Int64(random.below(30)))]]
        default: return isPlain ? .bool(true) : ["$ref": .string(pick(["staff", "far"]))]
        }
    }

    private mutating func walk() -> JSONValue {
        let name = pick(["all", "some", "none"])
        switch random.below(5) {
        case 0: return [name: [variable("tags", []), ["==": [variable(""), word()]]]]
        case 1: return [name: [variable("sizes", []), [">": [variable(""), .integer(Int64(random.below(20)))]]]]
        case 2: return [name: [variable("items", []), ["<": [variable("price"), .integer(Int64(random.below(50)))]]]]
        case 3: return ["in": [number(0), ["map": [variable("sizes", []), ["+": [variable(""), 1]]]]]]
        default:
            return [
                "!!": [
                    [
                        "filter": [
                            variable("items", []),
                            [
                                "in": [
                                    variable("label"),
                                    .array((isPlain ? Self.plainWords : Self.words).prefix(5).map { .string($0) }),
                                ]
                            ],
                        ]
                    ]
                ]
            ]
        }
    }

    /// Never null, never NaN, never the negative zero.
    private mutating func number(_ depth: Int) -> JSONValue {
        switch random.below(depth > 0 ? 12 : 5) {
        case 0: return .integer(Int64(random.below(60)))
        case 1: return variable("age", .integer(Int64(random.below(100))))
        case 2: return variable("score", 2.5)
        case 3: return variable("user.seats", 3)
        case 4: return .double(Double(random.below(40)) / 4 + 0.25)
        case 5: return ["+": [number(depth - 1), number(depth - 1), variable("level", "7")]]
        case 6: return ["-": [number(depth - 1), number(depth - 1)]]
        case 7: return ["*": [number(depth - 1), 2]]
        case 8: return ["/": [number(depth - 1), .integer(Int64(1 << random.below(4)))]]
        case 9: return ["%": [variable("age", 50), .integer(Int64(1 + random.below(20)))]]
        case 10: return [pick(["min", "max"]): [number(depth - 1), number(depth - 1), number(depth - 1)]]
        default:
            return ["reduce": [variable("sizes", []), ["+": [variable("current"), variable("accumulator")]], 0]]
        }
    }

    /// Never null and never empty.
    private mutating func text(_ depth: Int) -> JSONValue {
        switch random.below(depth > 0 ? 8 : 3) {
        case 0: return word()
        case 1, 2: return variable(pick(["tier", "country", "email", "name", "user.plan"]), word())
        case 3: return ["cat": [text(depth - 1), .integer(Int64(random.below(9))), text(depth - 1)]]
        case 4: return ["cat": [text(depth - 1)]]
        case 5:
            return [
                "substr": [
                    variable("email", "somebody"), .integer(Int64(random.below(2))),
                    .integer(Int64(1 + random.below(2))),
                ]
            ]
        case 6: return ["substr": [variable("country", "nowhere"), -2]]
        default: return ["if": [condition(depth - 1), text(depth - 1), text(depth - 1)]]
        }
    }
}
