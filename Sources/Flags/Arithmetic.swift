import JSON

/// One of the operators over numbers. As in flagd's engine everything is a double, a text that is no number counts as
/// 0, and booleans, null, lists and objects are faults.
struct Arithmetic: Sendable {
    let name: String
    /// Of no arguments.
    let ofNone: JSONValue
    /// What a value that is no list gives as the only argument; nil where it counts as that argument.
    let ofSingle: JSONValue?
    let first: @Sendable (Double) -> Double
    /// Of exactly one.
    let only: @Sendable (Double) -> Double
    let combine: @Sendable (Double, Double) -> Double

    init(
        _ name: String, ofNone: JSONValue, ofSingle: JSONValue?, first: @escaping @Sendable (Double) -> Double = { $0 },
        only: @escaping @Sendable (Double) -> Double = { $0 }, combine: @escaping @Sendable (Double, Double) -> Double
    ) {
        self.name = name
        self.ofNone = ofNone
        self.ofSingle = ofSingle
        self.first = first
        self.only = only
        self.combine = combine
    }

    func result(
        count: Int, _ argument: (Int) throws(TargetingFault) -> JSONValue
    ) throws(TargetingFault) -> JSONValue {
        guard count > 0 else { return ofNone }
        let start = try Loose.strictNumber(try argument(0), for: name)
        guard count > 1 else { return .double(only(start)) }
        var result = first(start)
        for index in 1..<count { result = combine(result, try Loose.strictNumber(try argument(index), for: name)) }
        return .double(result)
    }

    static let sum = Arithmetic("+", ofNone: 0, ofSingle: nil, first: { 0 + $0 }, combine: { $0 + $1 })
    static let difference = Arithmetic("-", ofNone: 0, ofSingle: 0, only: { -1 * $0 }, combine: { $0 - $1 })
    static let product = Arithmetic("*", ofNone: 1, ofSingle: 1, combine: { $0 * $1 })
    static let quotient = Arithmetic("/", ofNone: 0, ofSingle: 0, combine: { $0 / $1 })
    static let minimum = Arithmetic("min", ofNone: .null, ofSingle: .null, combine: { $0 > $1 ? $1 : $0 })
    static let maximum = Arithmetic("max", ofNone: .null, ofSingle: .null, combine: { $1 > $0 ? $1 : $0 })
}

extension ExpressionCompiler {
    mutating func arithmetic(_ arithmetic: Arithmetic, _ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        switch arguments {
        case .array(let elements):
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    try arithmetic.result(count: arguments.count) { index throws(TargetingFault) in
                        try arguments[index].value(in: scope)
                    }
                }, list(elements, at: pointer))
        case .object:
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    let value = try arguments[0].value(in: scope)
                    guard case .array(let values) = value else {
                        if let single = arithmetic.ofSingle { return single }
                        return .double(try Loose.strictNumber(value, for: arithmetic.name))
                    }
                    try scope.spend(values.count)
                    return try arithmetic.result(count: values.count) { values[$0] }
                }, [compile(arguments, at: pointer)])
        case .string, .integer, .double:
            guard arithmetic.ofSingle == nil else { fallthrough }
            return .lazy(
                { _, _ throws(TargetingFault) in .double(try Loose.strictNumber(arguments, for: arithmetic.name)) }, [])
        case .bool, .null:
            return refuse(
                "\"\(arithmetic.name)\" got \(arguments.kindText)", "it takes a list of numbers", at: pointer)
        }
    }

    /// `%`, truncated as in C: -5 % 3 is -2.
    static func remainder(_ a: JSONValue, _ b: JSONValue) throws(TargetingFault) -> JSONValue {
        .double(try Loose.strictNumber(a, for: "%").truncatingRemainder(dividingBy: Loose.strictNumber(b, for: "%")))
    }
}
