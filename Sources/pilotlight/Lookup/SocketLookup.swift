import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1

/// Asks one agent by OFREP over its Unix socket.
struct SocketLookup {
    /// An answer of the agent: OFREP's body, and what its headers say of freshness.
    struct Answer {
        var status: Int
        var body: JSONValue
        /// Absent where the other side isn't a Pilotlight agent.
        var freshness: Freshness?
    }

    /// What the headers say of the state that was answered from.
    struct Freshness {
        /// As the operator API writes it.
        var revision: JSONValue
        var isStale: Bool

        init(revision: JSONValue, isStale: Bool) {
            self.revision = revision
            self.isStale = isStale
        }

        init?(_ headers: HTTPHeaders) {
            guard let number = headers.first(name: "Pilotlight-Revision").flatMap({ Int64($0) }) else { return nil }
            let epoch = (headers.first(name: "Pilotlight-Epoch") ?? "").split(separator: ".")
            revision = [
                "epoch": [
                    "counter": .integer(epoch.first.flatMap { Int64($0) } ?? 0),
                    "id": .string(String(epoch.last ?? "")),
                ],
                "number": .integer(number),
            ]
            isStale = headers.first(name: "Pilotlight-Stale") == "true"
        }
    }

    var socket: String

    /// One flag.
    func evaluate(_ key: String, context: JSONObject) async throws -> Answer {
        try await post("/ofrep/v1/evaluate/flags/" + PathSegment.encoded(key), context)
    }

    /// Why one flag answers what it answers.
    func explain(_ key: String, context: JSONObject) async throws -> Answer {
        try await post("/explain/" + PathSegment.encoded(key), context)
    }

    /// Why one component answers the version that it answers.
    func explain(component: String, context: JSONObject) async throws -> Answer {
        try await post("/explain?component=" + PathSegment.encoded(component), context)
    }

    /// The keys of all flags that the agent holds.
    func keys() async throws -> [String] {
        let answer = try await post("/ofrep/v1/evaluate/flags", [:])
        return (answer.body["flags"]?.arrayValue ?? []).compactMap { $0["key"]?.stringValue }
    }

    private func post(_ path: String, _ context: JSONObject) async throws -> Answer {
        try Self.check(path: socket)
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw CommandRefusal("\(socket) is no path of a socket", hint: "give the agent's --socket")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: JSONValue.object(["context": .object(context)]).compactText()))

        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<Answer, any Error>
        do {
            result = .success(
                try await ProgressLine.during("waiting for the agent on \(socket)") { _ in
                    try await answer(to: request, by: http)
                })
        } catch let refusal as CommandRefusal {
            result = .failure(refusal)
        } catch {
            result = .failure(Self.unreachable(socket, ConnectFailure.reason(error)))
        }
        try await http.shutdown()
        return try result.get()
    }

    // MARK: What goes wrong, whatever is spoken

    static func check(path: String) throws(CommandRefusal) {
        guard path.utf8.count < 108 else {
            throw CommandRefusal(
                "the socket path \(path) is longer than 107 bytes", hint: "the kernel takes no longer one")
        }
    }

    static func unreachable(_ socket: String, _ reason: String) -> CommandRefusal {
        CommandRefusal(
            "no agent answers on \(socket) (\(reason))",
            hint: "start one with `pilotlight agent` or `pilotlight dev`, or name its socket with --socket or "
                + "PILOTLIGHT_SOCKET")
    }

    private func answer(to request: HTTPClientRequest, by http: HTTPClient) async throws -> Answer {
        let response = try await http.execute(request, timeout: .seconds(10))
        let bytes = Array(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        let (body, problems) = JSONReader.read(bytes, purpose: .context, maximumBytes: 64 << 20)
        guard let body else {
            throw CommandRefusal(
                "\(socket) answered with something that isn't JSON (\(problems.first?.reason ?? "empty"))",
                hint: "is that the socket of a Pilotlight agent?")
        }
        return Answer(status: Int(response.status.code), body: body, freshness: Freshness(response.headers))
    }
}
