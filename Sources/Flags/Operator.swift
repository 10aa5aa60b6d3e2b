import JSON

/// One entry of the table of operators: everything the compiler has to know about it.
struct Operator: Sendable {
    enum Body: Sendable {
        /// Arguments are evaluated first and counted against `takes`. Given `binary`, two of them go there.
        case eager(takes: ClosedRange<Int>, Expression.Eager, binary: Expression.Binary?)
        /// Takes a list, and evaluates of it what it needs.
        case lazy(Expression.Lazy)
        /// Compiles its arguments itself.
        case special(@Sendable (inout ExpressionCompiler, JSONValue, JSONPointer) -> Expression)
    }

    /// Which of an operator's arguments its result can be; the check of variant names follows it.
    enum Result: Sendable {
        case computed
        /// `if`: every second argument, and the last of an odd number.
        case branches
        /// `and`: a falsy argument, or the last.
        case firstFalsyOrLast
        /// `or`: a truthy argument, or the last.
        case firstTruthyOrLast
        /// `var`: the second argument.
        case variableDefault
    }

    let name: String
    let body: Body
    var result: Result = .computed

    static func eager(
        _ name: String, takes: ClosedRange<Int>, _ body: @escaping Expression.Eager
    ) -> Operator {
        Operator(name: name, body: .eager(takes: takes, body, binary: nil))
    }

    /// Exactly two arguments.
    static func binary(_ name: String, _ body: @escaping Expression.Binary) -> Operator {
        let eager: Expression.Eager = { values throws(TargetingFault) in
            guard values.count >= 2 else { return .bool(false) }
            return try body(values[0], values[1])
        }
        return Operator(name: name, body: .eager(takes: 2...2, eager, binary: body))
    }

    /// A comparison of two values or, with three, of each with the next.
    static func ordering(
        _ name: String, _ holds: @escaping @Sendable (JSONValue, JSONValue) -> Bool
    ) -> Operator {
        let eager: Expression.Eager = { values throws(TargetingFault) in
            switch values.count {
            case 0, 1: .bool(false)
            case 3: .bool(holds(values[0], values[1]) && holds(values[1], values[2]))
            default: .bool(holds(values[0], values[1]))
            }
        }
        return Operator(
            name: name,
            body: .eager(
                takes: 2...3, eager, binary: { a, b throws(TargetingFault) in .bool(holds(a, b)) }))
    }

    static func lazy(_ name: String, result: Result = .computed, _ body: @escaping Expression.Lazy) -> Operator {
        Operator(name: name, body: .lazy(body), result: result)
    }

    static func special(
        _ name: String, result: Result = .computed,
        _ compile: @escaping @Sendable (inout ExpressionCompiler, JSONValue, JSONPointer) -> Expression
    ) -> Operator {
        Operator(name: name, body: .special(compile), result: result)
    }
}
