import JSON

extension Explainer {
    /// One part of a flag's rules, with what the evaluator says of it and of what it asked on the way.
    struct Part {
        let explainer: Explainer
        let flagKey: String

        /// A value, or the reason why there is none.
        struct Value {
            var json: JSONValue
            var fault: String?
        }

        func value(of json: JSONValue) -> Value {
            do throws(TargetingFault) {
                return Value(json: try compiled(json).value(in: scope))
            } catch {
                return Value(json: .null, fault: error.reason)
            }
        }

        private func compiled(_ json: JSONValue) -> Expression {
            var compiler = ExpressionCompiler(references: .none, lenient: true, isOwn: true)
            return compiler.compile(json, at: JSONPointer())
        }

        private var scope: Scope {
            Scope(
                .context(explainer.context), flagKey: flagKey, unixSeconds: explainer.unixSeconds,
                flags: explainer.flags, stepsLeft: explainer.stepsLeft)
        }

        func step(for json: JSONValue) -> Step {
            let value = value(of: json)
            var step = Step(what: Self.text(json), result: value.json, detail: value.fault)
            guard case .object(let object) = json, object.count == 1, explainer.stepsLeft.pointee > 0 else {
                return step
            }
            let operation = object.members[0]
            switch operation.key {
            case "if", "?:":
                step.what = operation.key
                step.children = branches(operation.value.arrayValue ?? [])
            case "and", "or":
                step.what = operation.key
                step.children = until(operation.key == "or", operation.value.arrayValue ?? [])
            case "in_pilot": step.detail = value.fault ?? membership(operation.value)
            case "fractional", Rollout.shareOperator: step.detail = value.fault ?? bucket(json)
            case "var", "missing", "missing_some": break
            case "map", "filter", "all", "some", "none", "reduce":
                step.children = asked(Array((operation.value.arrayValue ?? []).prefix(1)))
            default: step.children = asked(operation.value.arrayValue ?? [operation.value])
            }
            return step
        }

        // MARK: What was asked on the way

        /// Conditions as far as they were asked, and the branch that was taken.
        private func branches(_ arguments: [JSONValue]) -> [Step] {
            var steps: [Step] = []
            for index in stride(from: 0, to: arguments.count - 1, by: 2) {
                let condition = step(for: arguments[index])
                steps.append(condition)
                if condition.detail != nil, condition.result == .null, value(of: arguments[index]).fault != nil {
                    return steps
                }
                if condition.result.map(Loose.isTrue) ?? false { return steps + taken(arguments[index + 1]) }
            }
            return arguments.count % 2 == 1 ? steps + taken(arguments[arguments.count - 1]) : steps
        }

        private func taken(_ json: JSONValue) -> [Step] {
            if case .object = json { return [step(for: json)] }
            return [Step(what: "then", result: json)]
        }

        private func until(_ truth: Bool, _ arguments: [JSONValue]) -> [Step] {
            var steps: [Step] = []
            for argument in arguments {
                let step = step(for: argument)
                steps.append(step)
                if step.result.map(Loose.isTrue) == truth { break }
            }
            return steps
        }

        /// Arguments that aren't constants.
        private func asked(_ arguments: [JSONValue]) -> [Step] {
            arguments.compactMap { argument in
                if case .object(let object) = argument, object.count == 1 { return step(for: argument) }
                return nil
            }
        }

        // MARK: How it came about

        private func membership(_ arguments: JSONValue) -> String? {
            let elements = arguments.arrayValue ?? [arguments]
            guard let name = elements.first?.stringValue, let pilot = explainer.flags.pilot(HashedKey(name)) else {
                return nil
            }
            let key = elements.count > 1 ? Decision.name(of: value(of: elements[1]).json) : scope.targetingKey
            return pilot.reason(for: key, in: scope)
        }

        private func bucket(_ json: JSONValue) -> String? {
            // Shares that depend on the context are drawn another way.
            guard case .fractional(let fractional) = compiled(json) else { return nil }
            guard let hash = try? fractional.hash(in: scope) else { return "there is nothing to bucket by" }
            guard let place = fractional.place(of: hash) else { return nil }
            let name = place.variant.isNull ? "the default" : place.variant.stringValue ?? place.variant.compactText()
            return "bucket \(place.bucket) of \(place.total), where \(name) has \(place.from) to \(place.to)"
        }

        /// The expression as it stands, cut where it gets long.
        private static func text(_ json: JSONValue) -> String {
            let text = json.compactText()
            return text.count <= longestText ? text : text.prefix(longestText - 1) + "…"
        }

        private static let longestText = 100
    }
}

extension CompiledPilot {
    /// Why a key is in the group, or isn't.
    fileprivate func reason(for user: String?, in scope: Scope) -> String {
        guard let user, !user.isEmpty else {
            let isIn = (try? containsNameless(in: scope)) ?? false
            return isIn ? "the group takes in whoever comes without a targeting key" : "there is no targeting key"
        }
        if let terms, terms.exclude.contains(ExactString(user)) { return "the group excludes \(user)" }
        if members.contains(user) { return "\(user) is a member" }
        guard let terms else { return "\(user) is no member" }
        if terms.definition.percentage != .none {
            let place = Bucket.index(
                of: Bucket.hash(of: user, salt: salt, scope.bucketing), among: 10_000)
            let share = "bucket \(place) of 10000, and the group takes in \(terms.definition.percentage.text)"
            if place < UInt64(terms.definition.percentage.hundredths) { return share }
            if terms.rule == nil { return "\(user) is no member; \(share)" }
        }
        let isTakenIn = (try? contains(user, in: scope)) ?? false
        return isTakenIn
            ? "the group's rule takes \(user) in" : "\(user) is no member, and the group's rule is not true"
    }
}
