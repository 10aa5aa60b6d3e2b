import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Calls others over HTTP: the check of a deployment, the webhook. Follows no redirect, and waits ten seconds at most,
/// whatever the other side does. Known schemes: `http`, `https`, and `http+unix` with the socket's path, percent-encoded,
/// in place of the host.
struct HTTPCaller: Sendable {
    private let client: HTTPClient

    static let longestWait: TimeAmount = .seconds(10)
    /// What is read of an answer, in bytes.
    static let largestAnswer = 1 << 20
    private static let schemes: Set<String> = ["http", "https", "http+unix"]
    private static let longestURL = 2_048

    init() {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: Self.longestWait, read: Self.longestWait))
        // A connection that can't be made is said at once, instead of being tried until the time is over.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Must be called before the last reference goes.
    func shutdown() async { try? await client.shutdown() }

    /// The status that comes back, once its head is there; `Fault` where none does.
    ///
    /// - Parameter body: sent by POST; without one it is a GET.
    func status(
        of url: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws(Fault) -> Int {
        Int(try await answer(of: url, headers: headers, body: body).status.code)
    }

    /// The same of a GET, once all of an answer of 2xx is there. A fault too: one that is larger than what is read.
    func wholeStatus(of url: String) async throws(Fault) -> Int {
        // The client's own deadline ends with an answer's head.
        let deadline = ContinuousClock.now + Duration(Self.longestWait)
        let answer = try await answer(of: url)
        let status = Int(answer.status.code)
        guard (200..<300).contains(status) else { return status }
        let fault = await withTaskGroup(of: Fault?.self) { group in
            group.addTask { await Self.fault(inBody: answer.body) }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return Fault(text: "no whole answer within 10 s")
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if let fault { throw fault }
        return status
    }

    private static func fault(inBody body: HTTPClientResponse.Body) async -> Fault? {
        var count = 0
        do {
            for try await part in body {
                count += part.readableBytes
                guard count <= largestAnswer else { return Fault(text: "the answer has more than 1 MiB") }
            }
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
        request.headers.add(name: "User-Agent", value: "pilotlight")
        request.headers.add(contentsOf: headers)
        if let body {
            request.method = .POST
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            return try await client.execute(request, timeout: Self.longestWait)
        } catch {
            throw Fault(text: Self.reason(error))
        }
    }

    /// Why no answer came, in a few words.
    struct Fault: Error, Hashable {
        var text: String
    }

    /// Why this is no URL that can be called; nil for one that is.
    static func fault(inURL text: String) -> String? {
        guard text.utf8.count <= longestURL else { return "a URL has at most \(longestURL) bytes" }
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), schemes.contains(scheme) else {
            return "a URL begins with http://, https:// or http+unix://"
        }
        guard let host = url.host(), !host.isEmpty else { return "the URL names no host" }
        return nil
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(first.error) }
            return "the name \(error.host) has no address"
        case let error as IOError:
            return error.errnoCode == ECONNREFUSED
                ? "refused" : String(cString: strerror(error.errnoCode)).lowercased()
        case let error as HTTPClientError where isLate(error): return "no answer within 10 s"
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
