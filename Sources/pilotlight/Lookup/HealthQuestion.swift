import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1

/// Asks one process for its health, over its Unix socket or over TCP.
struct HealthQuestion {
    /// Who is asked, for people.
    let place: String
    private let request: HTTPClientRequest?

    private static let agentSocket = "/run/pilotlight/agent.sock"
    private static let controlNode = "http://127.0.0.1:7460"
    private static let limit = TimeAmount.seconds(5)

    /// - Parameters:
    ///   - url: goes before `socket`.
    ///   - socket: without one, the socket at its usual path if there is a file, or else the control node's usual port.
    init(url: String?, socket: String?) {
        let path = socket ?? (FileManager.default.fileExists(atPath: Self.agentSocket) ? Self.agentSocket : nil)
        if url == nil, let path {
            place = path
            request =
                path.utf8.count < 108
                ? URL(httpURLWithSocketPath: path, uri: "/healthz").map { HTTPClientRequest(url: $0.absoluteString) }
                : nil
        } else {
            let base = url ?? Self.controlNode
            place = base
            let isHTTP = base.hasPrefix("http://") || base.hasPrefix("https://")
            let path = base.hasSuffix("/") ? "healthz" : "/healthz"
            request = isHTTP && URL(string: base)?.host != nil ? HTTPClientRequest(url: base + path) : nil
        }
    }

    /// What it says of itself.
    func asked() async throws -> JSONValue {
        guard let request else {
            throw CommandRefusal(
                "\(place) is no address to ask",
                hint: "give --socket a path of at most 107 bytes, or --url http://HOST:PORT")
        }
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<JSONValue, any Error>
        do {
            let response = try await http.execute(request, timeout: Self.limit)
            let bytes = Array(try await response.body.collect(upTo: 1 << 20).readableBytesView)
            result = .success(try Self.read(bytes, status: Int(response.status.code), from: place))
        } catch let refusal as CommandRefusal {
            result = .failure(refusal)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            result = .failure(
                CommandRefusal(
                    "\(place) gave no answer within 5 s", hint: "the process hangs or is overloaded: see its log"))
        } catch {
            result = .failure(
                CommandRefusal(
                    "nobody answers at \(place) (\(ConnectFailure.reason(error)))",
                    hint: "is it running? Name another with --socket or --url"))
        }
        try await http.shutdown()
        return try result.get()
    }

    private static func read(_ bytes: [UInt8], status: Int, from place: String) throws -> JSONValue {
        guard status == 200, let answer = JSONReader.read(bytes, purpose: .context).value, answer["status"] != nil
        else {
            throw CommandRefusal(
                "\(place) answered HTTP \(status), and not with its health",
                hint: "is that a Pilotlight agent or control node?")
        }
        return answer
    }
}
