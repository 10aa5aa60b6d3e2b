import LookupProtocol

/// Which version of a component a user gets: the one that a load balancer is told, too.
extension FlagClient {
    /// The name of the version, or nil when there is no such component, and when anything goes wrong.
    ///
    /// - Parameters:
    ///   - component: the component's name.
    ///   - context: whom it is about.
    ///   - limit: how long it may take; nil for the configuration's ``FlagClientConfiguration/lookupDeadline``.
    public func version(
        of component: String, context: EvaluationContext = EvaluationContext(), within limit: Duration? = nil
    ) async -> String? {
        await value(MarkedKey.of(component: component), context, limit)
    }

    /// As ``version(of:context:within:)``, with how it came about. Where there is no version, the value is
    /// `defaultVersion`.
    public func versionDetails(
        of component: String, default defaultVersion: String, context: EvaluationContext = EvaluationContext(),
        within limit: Duration? = nil
    ) async -> LookupDetails<String> {
        await details(MarkedKey.of(component: component), defaultVersion, context, limit)
    }
}
