import JSON

/// The operators that compile their arguments themselves.
extension ExpressionCompiler {
    mutating func conditional(_ name: String, _ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        guard case .array(let elements) = arguments else {
            return refuse(
                "\"\(name)\" got \(arguments.kindText)", "it takes a list: condition, result, …, otherwise", at: pointer
            )
        }
        let compiled = list(elements, at: pointer)
        var clauses: [Expression.Clause] = []
        for index in stride(from: 0, to: compiled.count - 1, by: 2) {
            clauses.append(Expression.Clause(condition: compiled[index], result: compiled[index + 1]))
        }
        let otherwise = compiled.count % 2 == 1 ? compiled[compiled.count - 1] : .constant(.null)
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
            guard compiled.count == 2 else { return .constant(.bool(false)) }
            return Self.membership(of: compiled[0], in: compiled[1])
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
        guard case .array(let elements) = arguments else {
            return variable(named: arguments, otherwise: nil, at: pointer)
        }
        guard elements.count <= 2 else {
            return refuse(
                "\"var\" got \(elements.count) arguments", "it takes a path and at most one default", at: pointer)
        }
        guard let path = elements.first else { return .variable(VariablePath(""), otherwise: nil) }
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
        case .string(let path): return .variable(VariablePath(path), otherwise: otherwise)
        case .integer(let index): return .variable(VariablePath(String(index)), otherwise: otherwise)
        case .double(let index): return .variable(VariablePath(NumberText.plain(index)), otherwise: otherwise)
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
        uses(pilot: text, at: pointer)
        return .inPilot(text, key: key)
    }
}
