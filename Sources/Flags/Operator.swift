import JSON

/// One entry of the table of operators: everything the compiler has to know about it.
struct Operator: Sendable {
    /// Compiles the arguments, which stand at the pointer, whatever they are.
    typealias Compile = @Sendable (inout ExpressionCompiler, JSONValue, JSONPointer) -> Expression

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
        /// `fractional`: the first element of each argument that is a list.
        case shares
    }

    let name: String
    let compile: Compile
    var result: Result = .computed

    init(_ name: String, result: Result = .computed, _ compile: @escaping Compile) {
        self.name = name
        self.result = result
        self.compile = compile
    }

    /// Exactly two arguments, both evaluated.
    static func binary(_ name: String, _ body: @escaping Expression.Binary) -> Operator {
        Operator(name) { $0.binary(name, body, $1, at: $2) }
    }

    /// A comparison of two values or, with three, of each with the next.
    static func ordering(_ name: String, _ holds: @escaping @Sendable (JSONValue, JSONValue) -> Bool) -> Operator {
        Operator(name) { $0.ordering(name, holds, $1, at: $2) }
    }

    /// A list of arguments, of which `body` evaluates what it needs.
    static func lazy(_ name: String, result: Result, _ body: @escaping Expression.Lazy) -> Operator {
        Operator(name, result: result) { $0.lazy(name, body, $1, at: $2) }
    }

    static func arithmetic(_ arithmetic: Arithmetic) -> Operator {
        Operator(arithmetic.name) { $0.arithmetic(arithmetic, $1, at: $2) }
    }

    static func walk(_ walk: ListWalk) -> Operator {
        Operator(walk.rawValue) { $0.walk(walk, $1, at: $2) }
    }

    static func textTest(_ name: String, _ holds: @escaping @Sendable (String, String) -> Bool) -> Operator {
        Operator(name) { $0.textTest(name, holds, $1, at: $2) }
    }
}
