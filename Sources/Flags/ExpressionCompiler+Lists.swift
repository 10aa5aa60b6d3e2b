import JSON

/// The operators over lists.
extension ExpressionCompiler {
    mutating func walk(_ walk: ListWalk, _ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        guard case .array(let elements) = arguments else {
            return refuse(
                "\"\(walk.rawValue)\" got \(arguments.kindText)", "it takes a list: what to walk through, and a rule",
                at: pointer)
        }
        guard elements.count == 2 else {
            return refuse(
                "\"\(walk.rawValue)\" got \(elements.count) arguments", "it takes 2: what to walk through, and a rule",
                at: pointer)
        }
        switch (walk, elements[1]) {
        case (.map, _), (.filter, _), (_, .object): break
        default:
            return refuse(
                "the rule of \"\(walk.rawValue)\" is \(elements[1].kindText)",
                "it is an operator, such as {\"==\": [{\"var\": \"\"}, 1]}", at: pointer.appending(1))
        }
        let subject = subject(elements[0], at: pointer.appending(0))
        let (rule, steps) = body(elements[1], over: subject, at: pointer.appending(1))
        return .lazy(
            { arguments, scope throws(TargetingFault) in
                try walk.result(of: try arguments[0].value(in: scope), arguments[1], steps, scope)
            }, [subject, rule])
    }

    mutating func reduction(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        guard case .array(let elements) = arguments, elements.count == 3 else {
            let got = arguments.arrayValue.map { "\($0.count) arguments" } ?? arguments.kindText
            return refuse(
                "\"reduce\" got \(got)", "it takes 3: what to walk through, a rule, and what to begin with", at: pointer
            )
        }
        guard case .object = elements[1] else {
            return refuse(
                "the rule of \"reduce\" is \(elements[1].kindText)",
                "it is an operator, such as {\"+\": [{\"var\": \"current\"}, {\"var\": \"accumulator\"}]}",
                at: pointer.appending(1))
        }
        switch elements[2] {
        case .null, .array:
            return refuse(
                "\"reduce\" begins with \(elements[2].kindText)", "it begins with a boolean, a number or a text",
                at: pointer.appending(2))
        default: break
        }
        let subject = subject(elements[0], at: pointer.appending(0))
        let (rule, steps) = body(elements[1], over: subject, at: pointer.appending(1))
        let initial = compile(elements[2], at: pointer.appending(2))
        return .lazy(
            { arguments, scope throws(TargetingFault) in
                let initial = try arguments[2].value(in: scope)
                return try Reduction.result(
                    of: try arguments[0].value(in: scope), from: initial, arguments[1], steps, scope)
            }, [subject, rule, initial])
    }

    /// What is walked through. As in flagd's engine the elements of a list that stands here are not evaluated.
    private mutating func subject(_ json: JSONValue, at pointer: JSONPointer) -> Expression {
        switch json {
        case .array: data(json, at: pointer)
        case .object: compile(json, at: pointer)
        default: .constant(.null)
        }
    }

    mutating func merging(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        switch arguments {
        case .array(let elements):
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    var merged: [JSONValue] = []
                    for argument in arguments { try Self.append(try argument.value(in: scope), to: &merged, scope) }
                    return .array(merged)
                }, list(elements, at: pointer))
        case .object:
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    let value = try arguments[0].value(in: scope)
                    var merged: [JSONValue] = []
                    switch value {
                    case .array(let values): for value in values { try Self.append(value, to: &merged, scope) }
                    case .null, .object: throw TargetingFault("\"merge\" got \(value.kindText); it takes lists")
                    default: merged.append(value)
                    }
                    return .array(merged)
                }, [compile(arguments, at: pointer)])
        case .null: return refuse("\"merge\" got null", "it takes a list of lists and values", at: pointer)
        default: return .constant(.array([arguments]))
        }
    }

    private static func append(
        _ value: JSONValue, to merged: inout [JSONValue], _ scope: Scope
    ) throws(TargetingFault) {
        if case .array(let values) = value {
            try scope.spend(values.count >> 2)
            merged += values
        } else {
            merged.append(value)
        }
    }

    // MARK: missing

    mutating func missing(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        readsScope()
        switch arguments {
        case .string: return Self.missing([.constant(arguments)])
        case .array(let elements): return Self.missing(list(elements, at: pointer))
        case .object:
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    switch try arguments[0].value(in: scope) {
                    case .array(let names): return .array(try Self.missing(names, scope))
                    case .string(let name): return .array(try Self.missing([.string(name)], scope))
                    case let value: throw TargetingFault("\"missing\" got \(value.kindText); it takes paths")
                    }
                }, [compile(arguments, at: pointer)])
        default:
            return refuse("\"missing\" got \(arguments.kindText)", "it takes a list of paths", at: pointer)
        }
    }

    private static func missing(_ names: [Expression]) -> Expression {
        var paths: [(JSONValue, VariablePath)] = []
        for case .constant(.string(let name)) in names { paths.append((.string(name), VariablePath(name))) }
        guard paths.count == names.count else {
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    .array(try missing(try Expression.values(of: arguments, in: scope), scope))
                }, names)
        }
        return .lazy(
            { [paths] _, scope throws(TargetingFault) in
                var missing: [JSONValue] = []
                for (name, path) in paths where try path.value(in: scope) == nil { missing.append(name) }
                return .array(missing)
            }, [])
    }

    private static func missing(_ names: [JSONValue], _ scope: Scope) throws(TargetingFault) -> [JSONValue] {
        var missing: [JSONValue] = []
        for name in names {
            try scope.spend(1)
            if try Expression.variable(named: name, in: scope).isNull { missing.append(name) }
        }
        return missing
    }

    mutating func missingSome(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        readsScope()
        switch arguments {
        case .array(let elements):
            guard elements.count == 2 else {
                return refuse(
                    "\"missing_some\" got \(elements.count) arguments", "it takes 2: how many are needed, and of which",
                    at: pointer)
            }
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    let needed = try arguments[0].value(in: scope)
                    return try Self.missingSome(needed, of: try arguments[1].value(in: scope), scope)
                }, list(elements, at: pointer))
        case .object:
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    guard case .array(let values) = try arguments[0].value(in: scope), values.count > 1 else {
                        throw TargetingFault("\"missing_some\" takes how many are needed, and of which")
                    }
                    return try Self.missingSome(values[0], of: values[1], scope)
                }, [compile(arguments, at: pointer)])
        default:
            return refuse(
                "\"missing_some\" got \(arguments.kindText)", "it takes a list: how many are needed, and of which",
                at: pointer)
        }
    }

    private static func missingSome(
        _ needed: JSONValue, of names: JSONValue, _ scope: Scope
    ) throws(TargetingFault) -> JSONValue {
        let needed = try Loose.strictNumber(needed, for: "missing_some").rounded(.towardZero)
        guard case .array(let names) = names else { return .array([]) }
        let missing = try missing(names, scope)
        return needed > Double(names.count - missing.count) ? .array(missing) : .array([])
    }
}
