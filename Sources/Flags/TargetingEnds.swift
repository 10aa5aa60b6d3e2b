import JSON

/// Where a targeting's result can come from, as far as can be told without a context: the places that give something,
/// and whether null can come of it, so that what follows targeting has its turn.
package struct TargetingEnds: Sendable, Hashable {
    /// The places whose result is not null.
    package private(set) var winning: [JSONPointer] = []
    package private(set) var canGiveNull = false

    /// - Parameter targeting: with every reference replaced, as a stored flag holds it; `{}` is none.
    package init(of targeting: JSONValue?, at pointer: JSONPointer = JSONPointer()) {
        guard let targeting, targeting != .object([:]) else {
            canGiveNull = true
            return
        }
        follow(targeting, at: pointer)
    }

    private mutating func follow(_ json: JSONValue, at pointer: JSONPointer) {
        guard case .object(let object) = json, object.count == 1, let operation = OperatorTable[object.members[0].key],
            case .array(let arguments) = object.members[0].value
        else {
            switch json {
            case .null: canGiveNull = true
            case .object(let object) where object.count == 1 && ["var", "$ref"].contains(object.members[0].key):
                canGiveNull = true
            default: winning.append(pointer)
            }
            return
        }
        let here = pointer.appending(operation.name)
        switch operation.result {
        case .branches:
            for index in stride(from: 1, to: arguments.count, by: 2) {
                follow(arguments[index], at: here.appending(index))
            }
            if arguments.count % 2 == 1 {
                follow(arguments[arguments.count - 1], at: here.appending(arguments.count - 1))
            } else {
                canGiveNull = true
            }
        case .shares:
            // A user without a key aside: a rollout has no share for that one either.
            for (index, argument) in arguments.enumerated() {
                guard let variant = argument.arrayValue?.first else { continue }
                follow(variant, at: here.appending(index).appending(0))
            }
        case .firstFalsyOrLast, .firstTruthyOrLast:
            // What an `and` or `or` ends with may be any of its arguments.
            winning.append(pointer)
            canGiveNull = true
        case .variableDefault: canGiveNull = true
        case .computed: winning.append(pointer)
        }
    }
}
