/// Lookups by type. All take the same: the flag's key, the default for when there is no answer, whom it is about, and how
/// long it may take (the configuration's deadline unless you say otherwise).
extension FlagClient {
    // MARK: Bool

    /// The flag's value as a boolean, or `defaultValue`.
    ///
    /// - Parameters:
    ///   - key: the flag's.
    ///   - defaultValue: what comes back when the flag is disabled or unknown, and when anything goes wrong.
    ///   - context: whom it is about.
    ///   - limit: how long it may take; nil for the configuration's ``FlagClientConfiguration/lookupDeadline``.
    public func boolean(
        _ key: String, default defaultValue: Bool, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> Bool {
        await value(key, defaultValue, context, limit)
    }

    /// As ``boolean(_:default:context:within:)``, with how the value came about.
    public func booleanDetails(
        _ key: String, default defaultValue: Bool, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> LookupDetails<Bool> {
        await details(key, defaultValue, context, limit)
    }

    // MARK: String

    /// The flag's value as a text, or `defaultValue`.
    ///
    /// - Parameters:
    ///   - key: the flag's.
    ///   - defaultValue: what comes back when the flag is disabled or unknown, and when anything goes wrong.
    ///   - context: whom it is about.
    ///   - limit: how long it may take; nil for the configuration's ``FlagClientConfiguration/lookupDeadline``.
    public func string(
        _ key: String, default defaultValue: String, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> String {
        await value(key, defaultValue, context, limit)
    }

    /// As ``string(_:default:context:within:)``, with how the value came about.
    public func stringDetails(
        _ key: String, default defaultValue: String, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> LookupDetails<String> {
        await details(key, defaultValue, context, limit)
    }

    // MARK: Int

    /// The flag's value as an integer, or `defaultValue`.
    ///
    /// A number with a fraction, and one beyond ±9,007,199,254,740,991 that is written as one, is a type mismatch.
    /// - Parameters:
    ///   - key: the flag's.
    ///   - defaultValue: what comes back when the flag is disabled or unknown, and when anything goes wrong.
    ///   - context: whom it is about.
    ///   - limit: how long it may take; nil for the configuration's ``FlagClientConfiguration/lookupDeadline``.
    public func integer(
        _ key: String, default defaultValue: Int, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> Int {
        await value(key, defaultValue, context, limit)
    }

    /// As ``integer(_:default:context:within:)``, with how the value came about.
    public func integerDetails(
        _ key: String, default defaultValue: Int, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> LookupDetails<Int> {
        await details(key, defaultValue, context, limit)
    }

    // MARK: Double

    /// The flag's value as a number, or `defaultValue`.
    ///
    /// A flag's integers come as doubles as long as that loses nothing (up to ±9,007,199,254,740,991).
    /// - Parameters:
    ///   - key: the flag's.
    ///   - defaultValue: what comes back when the flag is disabled or unknown, and when anything goes wrong.
    ///   - context: whom it is about.
    ///   - limit: how long it may take; nil for the configuration's ``FlagClientConfiguration/lookupDeadline``.
    public func double(
        _ key: String, default defaultValue: Double, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> Double {
        await value(key, defaultValue, context, limit)
    }

    /// As ``double(_:default:context:within:)``, with how the value came about.
    public func doubleDetails(
        _ key: String, default defaultValue: Double, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> LookupDetails<Double> {
        await details(key, defaultValue, context, limit)
    }

    // MARK: FlagValue

    /// The flag's value as an object or an array, or `defaultValue`.
    ///
    /// - Parameters:
    ///   - key: the flag's.
    ///   - defaultValue: what comes back when the flag is disabled or unknown, and when anything goes wrong.
    ///   - context: whom it is about.
    ///   - limit: how long it may take; nil for the configuration's ``FlagClientConfiguration/lookupDeadline``.
    public func object(
        _ key: String, default defaultValue: FlagValue, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> FlagValue {
        await value(key, defaultValue, context, limit)
    }

    /// As ``object(_:default:context:within:)``, with how the value came about.
    public func objectDetails(
        _ key: String, default defaultValue: FlagValue, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> LookupDetails<FlagValue> {
        await details(key, defaultValue, context, limit)
    }
}
