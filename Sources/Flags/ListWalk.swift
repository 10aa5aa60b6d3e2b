import JSON

/// The operators that evaluate a rule for each element of a list.
enum ListWalk: String, Sendable {
    case map, filter, all, some, none

    func result(of list: JSONValue, _ rule: Expression, _ steps: Int, _ scope: Scope) throws(TargetingFault)
        -> JSONValue
    {
        switch self {
        // Without a list there is nothing to map or filter; a false value is no list to ask about.
        case .map, .filter: if list.isNull { return .array([]) }
        case .all, .some: if !Loose.isTrue(list) { return .bool(false) }
        case .none: if !Loose.isTrue(list) { return .bool(true) }
        }
        guard case .array(let elements) = list else {
            throw TargetingFault("\"\(rawValue)\" got \(list.kindText); it takes a list to walk through")
        }
        if self == .map { return .array(try mapped(elements, rule, steps, scope)) }
        return try withUnsafePointer(to: scope) { around throws(TargetingFault) in
            var inner = scope
            inner.outer = around
            return try result(of: elements, rule, steps, &inner)
        }
    }

    private func mapped(
        _ elements: [JSONValue], _ rule: Expression, _ steps: Int, _ scope: Scope
    ) throws(TargetingFault) -> [JSONValue] {
        var inner = scope
        var results: [JSONValue] = []
        for element in elements {
            try scope.spend(steps)
            inner.data = .value(element)
            results.append(try rule.value(in: inner))
        }
        return results
    }

    private func result(
        of elements: [JSONValue], _ rule: Expression, _ steps: Int, _ scope: inout Scope
    ) throws(TargetingFault) -> JSONValue {
        var kept: [JSONValue] = []
        for element in elements {
            try scope.spend(steps)
            scope.data = .value(element)
            let holds = try rule.isTrue(in: scope)
            switch self {
            case .filter: if holds { kept.append(element) }
            case .all: if !holds { return .bool(false) }
            case .some: if holds { return .bool(true) }
            case .none: if holds { return .bool(false) }
            case .map: break
            }
        }
        return self == .filter ? .array(kept) : .bool(self != .some)
    }
}

/// `reduce`: one value after another, by a rule that sees `current` and `accumulator`.
enum Reduction {
    /// The accumulator stays of the kind that it begins with.
    static func result(
        of list: JSONValue, from initial: JSONValue, _ rule: Expression, _ steps: Int, _ scope: Scope
    ) throws(TargetingFault) -> JSONValue {
        let kind: String
        switch initial {
        case .bool: kind = "bool"
        case .integer, .double: kind = "number"
        case .string: kind = "string"
        default:
            throw TargetingFault("\"reduce\" begins with \(initial.kindText); it takes a boolean, a number or a text")
        }
        if list.isNull { return 0 }
        guard case .array(let elements) = list else {
            throw TargetingFault("\"reduce\" got \(list.kindText); it takes a list to walk through")
        }
        var inner = scope
        var accumulator = initial
        for element in elements where !element.isNull {
            try scope.spend(steps)
            inner.data = .reduction(current: element, accumulator: accumulator, valueType: kind)
            let next = try rule.value(in: inner)
            switch initial {
            case .bool: accumulator = .bool(Loose.isTrue(next))
            case .string: accumulator = .string(try Loose.text(next, for: "reduce"))
            default: accumulator = .double(try Loose.strictNumber(next, for: "reduce"))
            }
        }
        return accumulator
    }
}
