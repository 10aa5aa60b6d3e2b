import AsyncHTTPClient
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import Replication

/// Asks the service beside this agent for its health, as long as the agent runs: once a second, on a connection of its own, as
/// the service's users come. A whole answer of status 2xx within two seconds is well; all else isn't, a redirect included.
///
/// Nothing waits for it: it has tasks and a thread that neither the link to control nor lookups have a part in.
struct HealthCheck: Sendable {
    let address: HealthAddress
    let vitals: AgentVitals
    let logger: Logger
    /// Told after each change of `vitals`.
    let changed: @Sendable () -> Void

    static let interval = Duration.seconds(1)
    private static let limit = Duration.seconds(2)
    private static let late = "no whole answer within 2 s"

    /// Until the task is cancelled.
    func run() async {
        var configuration = HTTPClient.Configuration()
        // A login page that one is sent to may be well while the service isn't.
        configuration.redirectConfiguration = .disallow
        // A refused connection is an answer.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let clock = ContinuousClock()
        while !Task.isCancelled {
            let begun = clock.now
            let fault = await fault(http)
            if Task.isCancelled { break }
            take(fault)
            try? await Task.sleep(until: begun + Self.interval, clock: clock)
        }
        try? await http.shutdown()
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

    /// Why the service isn't well; nil when it is. After two seconds at the latest: the client's own deadline ends with an
    /// answer's head.
    private func fault(_ http: HTTPClient) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask { await answerFault(http) }
            group.addTask {
                try? await Task.sleep(for: Self.limit)
                return Self.late
            }
            defer { group.cancelAll() }
            return await group.next() ?? Self.late
        }
    }

    private func answerFault(_ http: HTTPClient) async -> String? {
        var request = HTTPClientRequest(url: address.text)
        request.headers.add(name: "User-Agent", value: "pilotlight-agent")
        request.headers.add(name: "Connection", value: "close")
        do {
            let response = try await http.execute(request, timeout: TimeAmount(Self.limit))
            for try await _ in response.body {}
            let code = response.status.code
            return (200...299).contains(code) ? nil : "HTTP \(code)"
        } catch let error as HTTPClientError where Self.isLate(error) {
            return Self.late
        } catch let error as IOError {
            return "no answer: " + String(cString: strerror(error.errnoCode)).lowercased()
        } catch {
            return "no answer: \(error)"
        }
    }

    private static func isLate(_ error: HTTPClientError) -> Bool {
        [.deadlineExceeded, .readTimeout, .connectTimeout, .getConnectionFromPoolTimeout].contains(error)
    }
}
