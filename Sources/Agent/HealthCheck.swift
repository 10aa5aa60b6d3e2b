import Logging
import Outbound
import Replication

/// Asks the service beside this agent for its health, as long as the agent runs: once a second, on a connection of its own, as
/// the service's users come. A whole answer of status 2xx in time is well; all else isn't, a redirect included.
///
/// Nothing waits for it: it has tasks and a thread that neither the link to control nor lookups have a part in.
struct HealthCheck: Sendable {
    let address: HTTPAddress
    let vitals: AgentVitals
    let logger: Logger
    /// How long an answer may take.
    let limit: Duration
    /// Told after each change of `vitals`.
    let changed: @Sendable () -> Void

    static let interval = Duration.seconds(1)

    /// Until the task is cancelled.
    func run() async {
        let caller = HTTPCaller(limit: limit, userAgent: "pilotlight-agent", keepsConnections: false)
        let clock = ContinuousClock()
        while !Task.isCancelled {
            let begun = clock.now
            let fault = await fault(caller)
            if Task.isCancelled { break }
            take(fault)
            try? await Task.sleep(until: begun + Self.interval, clock: clock)
        }
        await caller.shutdown()
    }

    private func take(_ fault: String?) {
        let health: ServiceHealth = fault == nil ? .passing : .failing
        guard health != vitals.health else { return }
        if let fault {
            logger.warning("the service fails its health check: \(fault)")
        } else {
            logger.notice("the service passes its health check")
        }
        vitals.health = health
        changed()
    }

    /// Why the service isn't well; nil when it is.
    private func fault(_ caller: HTTPCaller) async -> String? {
        do throws(HTTPCaller.Fault) {
            let status = try await caller.wholeStatus(of: address.text)
            return (200...299).contains(status) ? nil : "HTTP \(status)"
        } catch {
            return error.text
        }
    }
}
