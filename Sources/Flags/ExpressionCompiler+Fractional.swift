import JSON

extension ExpressionCompiler {
    /// Weights that stand in the rule are summed up here; what is left for later is a hash and a look along the sums.
    mutating func fractional(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        readsScope()
        guard case .array(let elements) = arguments else {
            guard case .object = arguments else {
                return giveNull(
                    "\"fractional\" got \(arguments.kindText)",
                    "it takes a list: what to bucket by, if need be, then [variant, weight], …", at: pointer)
            }
            return .lazy(
                { arguments, scope throws(TargetingFault) in
                    guard case .array(let values) = try arguments[0].value(in: scope) else { return .null }
                    try scope.spend(values.count)
                    return Shares.result(of: values, in: scope)
                }, [compile(arguments, at: pointer)])
        }
        let keyCount = elements.first.map { $0.arrayValue == nil ? 1 : 0 } ?? 0
        guard elements.count > keyCount else {
            return giveNull("\"fractional\" got no shares", "it takes [variant, weight], …", at: pointer)
        }
        var shares = Shares()
        for (index, element) in elements.enumerated().dropFirst(keyCount) {
            let here = pointer.appending(index)
            guard case .array(let pair) = element else {
                if case .object(let object) = element, object.count == 1 { return computed(elements, at: pointer) }
                return giveNull("a share is \(element.kindText)", "a share is [variant, weight]", at: here)
            }
            guard let variant = pair.first else {
                return giveNull("a share is empty", "a share is [variant, weight]", at: here)
            }
            if case .array = variant {
                return giveNull("a share's variant is an array", "it is a variant's name", at: here.appending(0))
            }
            if pair.count > 1, case .object = pair[1] { return computed(elements, at: pointer) }
            do throws(TargetingFault) {
                try shares.append(weight: pair.count > 1 ? Shares.weight(pair[1]) : 1)
            } catch {
                return giveNull(
                    error.reason, "weights are whole numbers that add up to \(Shares.mostWeight) at most",
                    at: here.appending(1))
            }
        }
        var compiled: [Expression] = []
        for (index, element) in elements.enumerated().dropFirst(keyCount) {
            guard count(at: pointer) else { return Self.beyondLimits }
            compiled.append(compile(element.arrayValue?[0] ?? .null, at: pointer.appending(index).appending(0)))
        }
        let key = keyCount == 1 ? compile(elements[0], at: pointer.appending(0)) : nil
        return Self.distribution(by: key, shares, variants: compiled)
    }

    /// Something about the shares depends on the context.
    private mutating func computed(_ elements: [JSONValue], at pointer: JSONPointer) -> Expression {
        .lazy(
            { arguments, scope throws(TargetingFault) in
                Shares.result(of: try Expression.values(of: arguments, in: scope), in: scope)
            }, list(elements, at: pointer))
    }

    private static func distribution(
        by key: Expression?, _ shares: Shares, variants: [Expression]
    ) -> Expression {
        let areConstant = variants.allSatisfy { if case .constant = $0 { true } else { false } }
        return .lazy(
            { variants, scope throws(TargetingFault) in
                let hash: UInt32?
                if let key {
                    let first = try key.value(in: scope)
                    let place = Bucket.place(by: first, in: scope)
                    if let place, !place.firstIsKey, case .array = first {
                        return try withFirstShare(first, shares, variants, scope)
                    }
                    hash = place.flatMap { $0.firstIsKey ? $0.hash : nil }
                } else if case .value(let value) = scope.data, value.objectValue == nil {
                    hash = nil
                } else {
                    hash = Bucket.ofTargetingKey(in: scope)
                }
                let index = hash.flatMap { shares.index(of: $0) }
                if areConstant {
                    return try index.map { i throws(TargetingFault) in try variants[i].value(in: scope) } ?? .null
                }
                // All are evaluated, as all arguments are: a fault in one is a fault of the whole.
                var result = JSONValue.null
                var isSound = true
                for (position, variant) in variants.enumerated() {
                    let value = try variant.value(in: scope)
                    if position == index { result = value }
                    if !Shares.isVariant(value) { isSound = false }
                }
                return isSound ? result : .null
            }, variants)
    }

    /// What was to be bucketed by turned out to be a share itself.
    private static func withFirstShare(
        _ first: JSONValue, _ shares: Shares, _ variants: [Expression], _ scope: Scope
    ) throws(TargetingFault) -> JSONValue {
        var arguments = [first]
        var before: UInt64 = 0
        for (variant, end) in zip(variants, shares.ends) {
            arguments.append(.array([try variant.value(in: scope), .integer(Int64(end - before))]))
            before = end
        }
        return Shares.result(of: arguments, in: scope)
    }
}
