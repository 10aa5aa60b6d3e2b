import JSON

/// What an expression may look at while it is evaluated. Lives on the stack of one evaluation.
struct Scope {
    enum Data {
        /// The evaluation context, with `targetingKey` and `$flagd` laid over it.
        case context(EvaluationContext)
        /// Any value; operators that walk through arrays hand their elements on like this.
        case value(JSONValue)
        /// What the rule of a `reduce` sees.
        case reduction(current: JSONValue, accumulator: JSONValue, valueType: String)
    }

    var data: Data
    /// What the lookup brought, whatever the data is now.
    private let context: EvaluationContext
    private(set) var flagKey: String
    let unixSeconds: Int64
    /// Where pilot groups are looked up.
    let flags: FlagSet
    /// What stands around the rule of a `filter`, `all`, `some` or `none`: flagd's engine puts in what variables mean
    /// there before it looks at the element.
    var outer: UnsafePointer<Scope>?
    private let stepsLeft: UnsafeMutablePointer<Int>

    init(
        _ data: Data, flagKey: String, unixSeconds: Int64, flags: FlagSet, stepsLeft: UnsafeMutablePointer<Int>
    ) {
        self.data = data
        context = if case .context(let context) = data { context } else { EvaluationContext() }
        self.flagKey = flagKey
        self.unixSeconds = unixSeconds
        self.flags = flags
        self.stepsLeft = stepsLeft
    }

    /// Hands `body` a scope with a fresh allowance of steps.
    static func with<Result>(
        _ data: Data, flagKey: String = "", unixSeconds: Int64 = 0, flags: FlagSet = FlagSet(),
        _ body: (Scope) throws(TargetingFault) -> Result
    ) throws(TargetingFault) -> Result {
        var steps = Work.mostSteps
        return try withUnsafeMutablePointer(to: &steps) { left throws(TargetingFault) in
            try body(
                Scope(
                    data, flagKey: flagKey, unixSeconds: unixSeconds, flags: flags,
                    stepsLeft: left))
        }
    }

    var bucketing: Bucketing { flags.bucketing }

    /// As the rule of a pilot group sees it: the same from wherever it is asked, within whatever flag and list.
    func outside(as key: String) -> Scope {
        var copy = self
        copy.data = .context(context)
        copy.outer = nil
        copy.flagKey = key
        return copy
    }

    /// Counts steps against the allowance.
    @inline(__always)
    func spend(_ steps: Int) throws(TargetingFault) {
        stepsLeft.pointee &-= steps
        if stepsLeft.pointee < 0 { throw Work.exceeded }
    }

    var targetingKey: String? {
        switch data {
        case .context(let context): context.targetingKey
        case .value(let value): value["targetingKey"]?.stringValue
        case .reduction: nil
        }
    }

    /// The key of the flag as `fractional` sees it: elements of lists don't know it.
    var bucketingFlagKey: String {
        switch data {
        case .context: flagKey
        case .value(let value): value["$flagd"]?["flagKey"]?.stringValue ?? ""
        case .reduction: ""
        }
    }

    /// `$flagd`, which hides an attribute of that name.
    var flagd: JSONValue {
        .object(
            JSONObject(members: [
                .init(key: "flagKey", value: .string(flagKey)), .init(key: "timestamp", value: .integer(unixSeconds)),
            ]))
    }

    /// Everything as one value: what an empty `var` gives.
    var whole: JSONValue {
        switch data {
        case .value(let value): return value
        case .context(let context):
            var object = context.attributes
            if let key = context.targetingKey { object["targetingKey"] = .string(key) }
            object["$flagd"] = flagd
            return .object(object)
        case .reduction(let current, let accumulator, let valueType):
            return .object(
                JSONObject(members: [
                    .init(key: "current", value: current), .init(key: "accumulator", value: accumulator),
                    .init(key: "valueType", value: .string(valueType)),
                ]))
        }
    }
}
