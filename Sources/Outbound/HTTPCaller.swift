import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Calls others over HTTP: a service's health, the check of a deployment, the webhook. Follows no redirect, which may lead to a
/// login page that is well while the service isn't, and waits no longer than it was told, whatever the other side does.
/// `HTTPAddress` says what can be called.
package struct HTTPCaller: Sendable {
    private let client: HTTPClient
    private let limit: Duration
    private let headers: [(String, String)]

    /// What is read of an answer, in bytes.
    static let largestAnswer = 1 << 20

    /// - Parameters:
    ///   - limit: how long a call may take.
    ///   - keepsConnections: whether a call may go over the connection of one before it.
    package init(limit: Duration, userAgent: String = "pilotlight", keepsConnections: Bool = true) {
        self.limit = limit
        headers = [("User-Agent", userAgent)] + (keepsConnections ? [] : [("Connection", "close")])
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: TimeAmount(limit), read: TimeAmount(limit)))
        // A connection that can't be made is said at once, instead of being tried until the time is over.
        configuration.connectionPool.retryConnectionEstablishment = false
        if !keepsConnections { configuration.httpVersion = .http1Only }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Must be called before the last reference goes.
    package func shutdown() async { try? await client.shutdown() }

    /// The status that comes back, once its head is there; `Fault` where none does.
    ///
    /// - Parameter body: sent by POST; without one it is a GET.
    package func status(
        of url: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws(Fault) -> Int {
        Int(try await answer(of: url, headers: headers, body: body).status.code)
    }

    /// The same of a GET, once all of an answer of 2xx is there. A fault too: one that is larger than what is read.
    package func wholeStatus(of url: String) async throws(Fault) -> Int {
        // The client's own deadline ends with an answer's head.
        let deadline = ContinuousClock.now + limit
        let answer = try await answer(of: url)
        let status = Int(answer.status.code)
        guard (200..<300).contains(status) else { return status }
        let broken = await withTaskGroup(of: Fault?.self) { group in
            group.addTask { await fault(inBody: answer.body) }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return Fault(text: lateBody)
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if let broken { throw broken }
        return status
    }

    private var lateBody: String { "no whole answer within \(limitText)" }

    /// `2 s`, `0.5 s`
    private var limitText: String {
        let seconds = limit / .seconds(1)
        return seconds == seconds.rounded() ? "\(Int64(seconds)) s" : "\(seconds) s"
    }

    private func fault(inBody body: HTTPClientResponse.Body) async -> Fault? {
        var count = 0
        do {
            for try await part in body {
                count += part.readableBytes
                guard count <= Self.largestAnswer else { return Fault(text: "the answer has more than 1 MiB") }
            }
        } catch let error as HTTPClientError where Self.isLate(error) {
            // The client gives up reading at about the same moment as the deadline.
            return Fault(text: lateBody)
        } catch {
            return Fault(text: reason(error))
        }
        // Whoever stops reading sees an end too.
        return Task.isCancelled ? Fault(text: "stopped") : nil
    }

    private func answer(
        of url: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws(Fault) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.headers.add(contentsOf: self.headers + headers)
        if let body {
            request.method = .POST
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            return try await client.execute(request, timeout: TimeAmount(limit))
        } catch {
            throw Fault(text: reason(error))
        }
    }

    /// Why no answer came, in a few words.
    package struct Fault: Error, Hashable {
        package var text: String
    }

    private func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(first.error) }
            return "the name \(error.host) has no address"
        case let error as IOError:
            return error.errnoCode == ECONNREFUSED
                ? "refused" : String(cString: strerror(error.errnoCode)).lowercased()
        case let error as HTTPClientError where Self.isLate(error): return "no answer within \(limitText)"
        case let error as HTTPClientError where error == .remoteConnectionClosed: return "the connection was closed"
        // In the middle of an answer.
        case HTTPParserError.invalidEOFState: return "the connection was closed"
        case is HTTPParserError: return "the answer isn't HTTP"
        case is ChannelError: return "the connection broke off"
        case is CancellationError: return "stopped"
        default: return String(reflecting: type(of: error)).hasPrefix("NIOSSL.") ? "TLS: \(error)" : "\(error)"
        }
    }

    private static func isLate(_ error: HTTPClientError) -> Bool {
        [.deadlineExceeded, .readTimeout, .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout]
            .contains(error)
    }
}
