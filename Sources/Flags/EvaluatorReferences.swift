import JSON

/// The rules of `$evaluators`, which targeting refers to as `{"$ref": "name"}`.
///
/// flagd replaces text; here whole values are replaced, nested references too, in any order.
struct EvaluatorReferences: Sendable {
    private var rules: [ExactString: JSONValue] = [:]
    /// Named in the document but unusable (no object, or part of a circle) and reported as such already.
    private var unusable: Set<ExactString> = []
    private(set) var names: [String] = []

    static let none = EvaluatorReferences()

    enum Reference {
        case rule(JSONValue)
        case unusable
        case unknown
    }

    subscript(name: String) -> Reference {
        let name = ExactString(name)
        if let rule = rules[name] { return .rule(rule) }
        return unusable.contains(name) ? .unusable : .unknown
    }

    /// The name in `{"$ref": "name"}`; nil if `json` is no reference.
    static func name(in json: JSONValue) -> String? {
        guard case .object(let object) = json, object.count == 1, object.members[0].key == "$ref" else { return nil }
        return object.members[0].value.stringValue
    }

    private init() {}

    /// Reads the `$evaluators` member, reporting rules that are no objects and circles.
    init(_ json: JSONValue, at pointer: JSONPointer, problems: inout [Problem]) {
        guard case .object(let object) = json else {
            problems.append(
                Problem(
                    pointer: pointer, message: "\"$evaluators\" is \(json.kindText)",
                    hint: "it takes an object of rules by name"))
            return
        }
        names = object.keys
        for member in object {
            if case .object = member.value {
                rules[ExactString(member.key)] = member.value
            } else {
                unusable.insert(ExactString(member.key))
                problems.append(
                    Problem(
                        pointer: pointer.appending(member.key),
                        message: "the evaluator \"\(member.key)\" is \(member.value.kindText)",
                        hint: "an evaluator is an object holding one operator"))
            }
        }
        removeCircles(at: pointer, problems: &problems)
    }

    /// `json` with every reference replaced, as far as they are known. Nil if the result would have more than
    /// `nodeLimit` values or nest deeper than `depthLimit`.
    func expanded(_ json: JSONValue, nodeLimit: Int, depthLimit: Int) -> JSONValue? {
        if rules.isEmpty { return json }
        var nodes = nodeLimit
        return expanded(json, nodes: &nodes, depth: depthLimit)
    }

    private func expanded(_ json: JSONValue, nodes: inout Int, depth: Int) -> JSONValue? {
        nodes -= 1
        guard nodes >= 0, depth > 0 else { return nil }
        if let name = Self.name(in: json), case .rule(let rule) = self[name] {
            return expanded(rule, nodes: &nodes, depth: depth - 1)
        }
        switch json {
        case .array(let elements):
            var copy: [JSONValue] = []
            copy.reserveCapacity(elements.count)
            for element in elements {
                guard let element = expanded(element, nodes: &nodes, depth: depth - 1) else { return nil }
                copy.append(element)
            }
            return .array(copy)
        case .object(let object):
            var copy: [JSONObject.Member] = []
            for member in object {
                guard let value = expanded(member.value, nodes: &nodes, depth: depth - 1) else { return nil }
                copy.append(JSONObject.Member(key: member.key, value: value))
            }
            return .object(JSONObject(members: copy))
        default: return json
        }
    }

    /// Calls `found` for every reference that stands in `json` itself.
    static func forEachReference(
        in json: JSONValue, at pointer: JSONPointer, _ found: (_ name: String, _ at: JSONPointer) -> Void
    ) {
        if let name = name(in: json) {
            found(name, pointer)
            return
        }
        switch json {
        case .array(let elements):
            for (index, element) in elements.enumerated() where element.isContainer {
                forEachReference(in: element, at: pointer.appending(index), found)
            }
        case .object(let object):
            for member in object where member.value.isContainer {
                forEachReference(in: member.value, at: pointer.appending(member.key), found)
            }
        default: break
        }
    }

    private mutating func removeCircles(at pointer: JSONPointer, problems: inout [Problem]) {
        var targets: [ExactString: [ExactString]] = [:]
        for (name, rule) in rules {
            var found: [ExactString] = []
            Self.forEachReference(in: rule, at: JSONPointer()) { name, _ in found.append(ExactString(name)) }
            targets[name] = found
        }
        // Kahn's algorithm: a rule is finished when all it refers to are. What stays unfinished is the circles and
        // whatever leads into them.
        var open: [ExactString: Int] = [:]
        var referrers: [ExactString: [ExactString]] = [:]
        for (name, found) in targets {
            let known = found.filter { rules[$0] != nil }
            open[name] = known.count
            for target in known { referrers[target, default: []].append(name) }
        }
        var waiting = Set(rules.keys)
        var ready = waiting.filter { open[$0] == 0 }
        while let name = ready.popFirst() {
            waiting.remove(name)
            for referrer in referrers[name] ?? [] {
                open[referrer, default: 0] -= 1
                if open[referrer] == 0 { ready.insert(referrer) }
            }
        }
        for name in waiting.sorted() {
            unusable.insert(name)
            rules[name] = nil
            let circle = Self.circle(from: name, targets: targets, among: waiting).map { "\"\($0)\"" }
            problems.append(
                Problem(
                    pointer: pointer.appending(name.text),
                    message: "the evaluator \"\(name)\" never ends: it refers to \(circle.joined(separator: " → "))",
                    hint: "take one of these references out"))
        }
    }

    private static func circle(
        from start: ExactString, targets: [ExactString: [ExactString]], among waiting: Set<ExactString>
    ) -> [ExactString] {
        var path: [ExactString] = []
        var name = start
        while let next = targets[name]?.first(where: { waiting.contains($0) }) {
            path.append(next)
            if path.dropLast().contains(next) || next == start { break }
            name = next
        }
        return path
    }
}

extension JSONValue {
    fileprivate var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }
}
