import LookupProtocol

/// Asks the agent beside this process for flags and versions, over one connection that many tasks share.
///
/// Make one for the process, keep it, and call ``shutdown()`` at the end. It connects by itself, at once, and again
/// whenever the connection is lost. A lookup never throws and never takes longer than its deadline: whatever goes wrong,
/// the default that you gave comes back, and the details say why.
///
/// While a connection is being made, lookups wait for it up to their deadline. A lost connection is made again at once,
/// and if that fails, at most half a second later, and so on: in between lookups get the default at once.
public final class FlagClient: Sendable {
    let engine: ClientEngine

    /// Starts to connect, and returns at once.
    public init(_ configuration: FlagClientConfiguration = FlagClientConfiguration()) {
        engine = ClientEngine(configuration)
        engine.start()
    }

    /// Starts to connect to the agent at `socketPath`, and returns at once.
    public convenience init(socketPath: String) {
        self.init(FlagClientConfiguration(socketPath: socketPath))
    }

    deinit { engine.shutDown() }

    /// Where the agent is, and the limits.
    public var configuration: FlagClientConfiguration { engine.configuration }

    /// The changes of the environment's flags and components from now on. Any number of tasks may follow them, each with an iteration
    /// of its own.
    public var changes: FlagChanges { FlagChanges(self) }

    /// Closes the connection and returns when that is done. Lookups that wait get their defaults at once, as do all
    /// later ones; sequences of changes end. Calling it again does nothing more.
    public func shutdown() async {
        await engine.close()
    }

    // MARK: Asking

    /// The value alone, for callers who don't ask why.
    func value<Value: LookupValue>(
        _ key: String, _ defaultValue: Value, _ context: EvaluationContext, _ limit: Duration?
    ) async -> Value {
        await value(key, context, limit) ?? defaultValue
    }

    /// Nil when there is none.
    func value<Value: LookupValue>(
        _ key: String, _ context: EvaluationContext, _ limit: Duration?
    ) async -> Value? {
        let outcome = await ask(key, Value.wireType, context, limit, wantsMetadata: false)
        guard case .answer(let answer) = outcome, let sent = answer.value else { return nil }
        return Value(sent)
    }

    func details<Value: LookupValue>(
        _ key: String, _ defaultValue: Value, _ context: EvaluationContext, _ limit: Duration?
    ) async -> LookupDetails<Value> {
        switch await ask(key, Value.wireType, context, limit, wantsMetadata: true) {
        case .answer(let answer):
            return LookupDetails(key: key, answer: answer, defaultValue: defaultValue)
        case .failed(let problem):
            let message = problem.message(
                socketPath: configuration.socketPath, within: limit ?? configuration.lookupDeadline)
            return LookupDetails(key: key, failed: problem.errorCode, message, defaultValue: defaultValue)
        }
    }

    private func ask(
        _ key: String, _ type: ValueType, _ context: EvaluationContext, _ limit: Duration?, wantsMetadata: Bool
    ) async -> LookupOutcome {
        let subject: LookupSubject
        do throws(LookupProblem) {
            subject = try context.subject(wantsMetadata: wantsMetadata)
            try Self.check(key: key, subject: subject)
        } catch {
            return .failed(error)
        }
        return await engine.lookup(key, type, subject, within: limit ?? configuration.lookupDeadline)
    }

    /// What doesn't fit into a frame would cost every other lookup the connection.
    private static func check(key: String, subject: LookupSubject) throws(LookupProblem) {
        guard key.utf8.count <= Int(UInt16.max) else { throw .keyTooLong(key.utf8.count) }
        let payload = LookupRequest.length(key: key, subject: subject) - Frame.lengthBytes
        guard payload <= Frame.maximumRequestLength else { throw .requestTooLong(payload) }
    }
}
