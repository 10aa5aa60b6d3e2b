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
        return Self.distribution(by: key.map { .expression($0) } ?? .targetingKey, shares, variants: compiled)
    }

    /// The shares of a rollout or of a component's split, which no document can write:
    /// `[salt, attribute, variant, hundredths, …]`. It gives a variant, or null for what is left of 10,000.
    mutating func share(_ arguments: JSONValue, at pointer: JSONPointer) -> Expression {
        readsScope()
        guard case .array(let elements) = arguments, elements.count >= 4, elements.count.isMultiple(of: 2),
            let salt = elements[0].stringValue, let attribute = elements[1].stringValue
        else { return refuse("shares have another shape", at: pointer) }
        var shares = Shares()
        var variants: [JSONValue] = []
        var left: Int64 = 10_000
        do throws(TargetingFault) {
            for index in stride(from: 2, to: elements.count, by: 2) {
                guard let hundredths = elements[index + 1].integerValue, (0...left).contains(hundredths) else {
                    return refuse("shares have another shape", at: pointer)
                }
                try shares.append(weight: hundredths)
                variants.append(elements[index])
                left -= hundredths
            }
            if left > 0 {
                try shares.append(weight: left)
                variants.append(.null)
            }
        } catch {
            return .fault(error)
        }
        let key = Fractional.Key.attribute(VariablePath(attribute), salt: salt)
        return .fractional(Fractional(by: key, shares, variants: variants))
    }

    /// Something about the shares depends on the context.
    private mutating func computed(_ elements: [JSONValue], at pointer: JSONPointer) -> Expression {
        .lazy(
            { arguments, scope throws(TargetingFault) in
                Shares.result(of: try Expression.values(of: arguments, in: scope), in: scope)
            }, list(elements, at: pointer))
    }

    private static func distribution(
        by key: Fractional.Key, _ shares: Shares, variants: [Expression]
    ) -> Expression {
        var constants: [JSONValue] = []
        for case .constant(let value) in variants { constants.append(value) }
        if constants.count == variants.count {
            guard constants.allSatisfy(Shares.isVariant) else { return .constant(.null) }
            return .fractional(Fractional(by: key, shares, variants: constants))
        }
        return .lazy(
            { variants, scope throws(TargetingFault) in
                // All are evaluated, as all arguments are: a fault in one is a fault of the whole.
                let values = try Expression.values(of: variants, in: scope)
                let fractional = Fractional(by: key, shares, variants: values)
                switch try fractional.result(in: scope) {
                case .other(let value): return value
                case .share(let index):
                    guard values.allSatisfy(Shares.isVariant) else { return .null }
                    return index.map { values[$0] } ?? .null
                }
            }, variants)
    }
}
