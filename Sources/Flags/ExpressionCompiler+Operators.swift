import JSON

/// The operators of logic, and those that look at the context.
extension ExpressionCompiler {
    mutating func binary(
        _ name: String, _ body: @escaping Expression.Binary, _ arguments: JSONValue, at pointer: JSONPointer
    ) -> Expression {
        guard case .array(let elements) = arguments else {
            return spread(name, takes: "2", arguments, at: pointer) { values throws(TargetingFault) in
                values.count < 2 ? .bool(false) : try body(values[0], values[1])
            }
        }
        guard elements.count == 2 else {
            return refuse("\"\(name)\" got \(elements.count) arguments", "it takes 2", at: pointer)
        }
        let compiled = list(elements, at: pointer)
        return .binary(body, compiled[0], compiled[1])
    }

    mutating func ordering(
        _ name: String, _ holds: @escaping @Sendable (JSONValue, JSONValue) -> Bool, _ arguments: JSONValue,
        at pointer: JSONPointer
    ) -> Expression {
        guard case .array(let elements) = arguments else {
            return spread(name, takes: "2 to 3", arguments, at: pointer) { values throws(TargetingFault) in
                switch values.count {
                case 0, 1: .bool(false)
                case 3: .bool(holds(values[0], values[1]) && holds(values[1], values[2]))
                default: .bool(holds(values[0], values[1]))
                }
            }
        }
        guard elements.count == 2 || elements.count == 3 else {
            return refuse("\"\(name)\" got \(elements.count) arguments", "it takes 2 to 3", at: pointer)
        }
        let compiled = list(elements, at: pointer)
        if compiled.count == 2 {
            return .binary({ a, b throws(TargetingFault) in .bool(holds(a, b)) }, compiled[0], compiled[1])
        }
        return .lazy(
            { arguments, scope throws(TargetingFault) in
                let low = try arguments[0].value(in: scope)
                let middle = try arguments[1].value(in: scope)
                let high = try arguments[2].value(in: scope)
                return .bool(holds(low, middle) && holds(middle, high))
            }, compiled)
    }

    mutating func lazy(
        _ name: String, _ body: @escaping Expression.Lazy, _ arguments: JSONValue, at pointer: JSONPointer
    ) -> Expression {
        guard case .array(let elements) = arguments else {
            return refuse("\"\(name)\" got \(arguments.kindText)", "it takes a list of arguments", at: pointer)
        }
        return .lazy(body, list(elements, at: pointer))
    }

    /// Arguments that are no list: one operator that gives the list, else refused.
    mutating func spread(
        _ name: String, takes: String, _ arguments: JSONValue, at pointer: JSONPointer,
        _ body: @escaping Expression.Eager
    ) -> Expression {
        guard case .object = arguments else {
            return refuse(
                "\"\(name)\" got \(arguments.kindText)", "it takes a list of \(takes) arguments", at: pointer)
        }
        return .spread(name: name, body, compile(arguments, at: pointer))
    }

    mutating func conditional(_ name: String, _ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        guard case .array(let elements) = arguments else {
            return refuse(
                "\"\(name)\" got \(arguments.kindText)", "it takes a list: condition, result, …, otherwise", at: pointer
            )
        }
        let compiled = list(elements, at: pointer)
        var clauses: [Expression.Clause] = []
        var otherwise = compiled.count % 2 == 1 ? compiled[compiled.count - 1] : .constant(.null)
        for index in stride(from: 0, to: compiled.count - 1, by: 2) {
            if case .constant(let condition) = compiled[index] {
                guard Loose.isTrue(condition) else { continue }
                otherwise = compiled[index + 1]
                break
            }
            clauses.append(Expression.Clause(condition: compiled[index], result: compiled[index + 1]))
        }
        return clauses.isEmpty ? otherwise : .conditional(clauses, otherwise: otherwise)
    }

    mutating func negation(
        _ name: String, _ arguments: JSONValue, at pointer: JSONPointer, negations: Int
    ) -> Expression {
        switch arguments {
        case .array(let elements):
            guard elements.count == 1 else {
                return refuse("\"\(name)\" got \(elements.count) arguments", "it takes 1", at: pointer)
            }
            return .not(list(elements, at: pointer)[0], negations: negations)
        case .object:
            // A list that comes from the data counts, in flagd's engine, as the list of arguments.
            let first: Expression.Lazy = { arguments, scope throws(TargetingFault) in
                let value = try arguments[0].value(in: scope)
                if case .array(let elements) = value, let first = elements.first { return first }
                return value
            }
            return .not(.lazy(first, [compile(arguments, at: pointer)]), negations: negations)
        default: return .not(compile(arguments, at: pointer), negations: negations)
        }
    }

    mutating func membership(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        switch arguments {
        case .array(let elements):
            guard elements.count == 2 else {
                return refuse(
                    "\"in\" got \(elements.count) arguments", "it takes 2: what to look for, and where", at: pointer)
            }
            let compiled = list(elements, at: pointer)
            if case .constant(.array(let constants)) = compiled[1], let list = ConstantList(constants) {
                return .inConstants(compiled[0], list)
            }
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    let needle = try arguments[0].value(in: scope)
                    let haystack = try arguments[1].value(in: scope)
                    if case .array(let elements) = haystack { try scope.spend(elements.count >> 3) }
                    return .bool(try Loose.contains(needle, in: haystack))
                }, compiled)
        case .object:
            let body: Expression.Eager = { values throws(TargetingFault) in
                guard let needle = values.first else { throw TargetingFault("\"in\" got no arguments") }
                return .bool(try Loose.contains(needle, in: values.count > 1 ? values[1] : .null))
            }
            return .spread(name: "in", body, compile(arguments, at: pointer))
        default:
            return refuse(
                "\"in\" got \(arguments.kindText)", "it takes a list: what to look for, and where", at: pointer)
        }
    }

    mutating func variable(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        readsScope()
        guard case .array(let elements) = arguments else {
            if case .string(let path) = arguments, path.isEmpty || path.utf8.first == UInt8(ascii: ".") {
                return .variable(VariablePath(path), otherwise: nil, shadowed: false)
            }
            return variable(named: arguments, otherwise: nil, at: pointer)
        }
        guard elements.count <= 2 else {
            return refuse(
                "\"var\" got \(elements.count) arguments", "it takes a path and at most one default", at: pointer)
        }
        guard let path = elements.first else { return .variable(VariablePath(""), otherwise: nil, shadowed: true) }
        if path.isNull {
            return refuse("\"var\" got null as its path", "write \"\" for the whole context", at: pointer)
        }
        let otherwise = elements.count == 2 ? compile(elements[1], at: pointer.appending(1)) : nil
        return variable(named: path, otherwise: otherwise, at: pointer.appending(0))
    }

    private mutating func variable(
        named name: JSONValue, otherwise: Expression?, at pointer: JSONPointer
    ) -> Expression {
        switch name {
        case .null: return .primitiveData
        case .string(let path): return .variable(VariablePath(path), otherwise: otherwise, shadowed: true)
        case .integer(let index): return .variable(VariablePath(String(index)), otherwise: otherwise, shadowed: true)
        case .double(let index):
            return .variable(VariablePath(NumberText.plain(index)), otherwise: otherwise, shadowed: true)
        case .object(let object) where object.count == 1:
            let path = compile(name, at: pointer)
            guard let otherwise else { return .computedVariable(path) }
            return .computedVariable(.list([path, otherwise]))
        case .bool, .array, .object:
            return refuse(
                "\"var\" got \(name.kindText) as its path", "it takes a dotted path such as \"user.tier\"", at: pointer)
        }
    }

    mutating func pilot(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        let name: JSONValue
        var key: Expression?
        switch arguments {
        case .string: name = arguments
        case .array(let elements) where elements.count == 1 || elements.count == 2:
            name = elements[0]
            if elements.count == 2 { key = compile(elements[1], at: pointer.appending(1)) }
        case .array(let elements):
            return refuse(
                "\"in_pilot\" got \(elements.count) arguments",
                "it takes a pilot group's name and, if need be, the key to look for", at: pointer)
        default: name = arguments
        }
        guard case .string(let text) = name else {
            return refuse(
                "\"in_pilot\" got \(name.kindText) as the pilot group's name",
                "the name must stand there as a string, so that it is known which flags use which group", at: pointer)
        }
        if let fault = PilotDefinition.fault(inName: text) { return refuse(fault, at: pointer) }
        readsScope()
        uses(pilot: text, at: pointer)
        return .inPilot(HashedKey(text), key: key)
    }
}
