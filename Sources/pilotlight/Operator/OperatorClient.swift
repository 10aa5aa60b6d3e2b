import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1

/// Speaks to one control node's operator API: JSON out, JSON in, problem details as `ProblemDetails`.
struct OperatorClient {
    /// Without a slash at its end.
    let base: String
    let actor: String
    let http: HTTPClient

    /// A request and its answer must fit in this.
    static let timeout = Duration.seconds(10)
    private static let largestAnswer = 256 << 20

    /// Opens a client for `body` and closes it afterwards.
    static func connected<Result>(
        _ options: ConnectionOptions, _ body: (OperatorClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(10)
        // A refused connection is an answer: say so at once, don't try again until the time is over.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let base = options.controlURL.hasSuffix("/") ? String(options.controlURL.dropLast()) : options.controlURL
        do {
            let result = try await body(OperatorClient(base: base, actor: options.actorName, http: http))
            try await http.shutdown()
            return result
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    func get(_ path: String...) async throws -> JSONValue { try await send(.GET, path, body: nil) }
    func delete(_ path: String...) async throws -> JSONValue { try await send(.DELETE, path, body: nil) }
    func post(_ path: String..., body: JSONObject) async throws -> JSONValue { try await send(.POST, path, body: body) }
    func patch(_ path: String..., body: JSONObject) async throws -> JSONValue {
        try await send(.PATCH, path, body: body)
    }

    private func send(_ method: HTTPMethod, _ path: [String], body: JSONObject?) async throws -> JSONValue {
        var request = HTTPClientRequest(url: base + "/v1/" + path.map(PathSegment.encoded).joined(separator: "/"))
        request.method = method
        request.headers.add(name: "Pilotlight-Actor", value: actor)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            var bytes: [UInt8] = []
            JSONValue.object(body).write(to: &bytes)
            request.body = .bytes(ByteBuffer(bytes: bytes))
        }
        let (status, bytes) = try await exchange(request)
        let answer = bytes.isEmpty ? JSONValue.object([:]) : try read(bytes, status: status)
        guard status < 400 else {
            guard answer["title"] != nil || answer["detail"] != nil else {
                throw foreignAnswer(status, "an unknown error")
            }
            throw ProblemDetails(answer, status: status)
        }
        return answer
    }

    private func exchange(_ request: HTTPClientRequest) async throws -> (status: Int, bytes: [UInt8]) {
        do {
            let response = try await http.execute(request, timeout: TimeAmount(Self.timeout))
            let body = try await response.body.collect(upTo: Self.largestAnswer)
            return (Int(response.status.code), Array(body.readableBytesView))
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw CommandRefusal(
                "the control node at \(base) gave no answer within 10 s",
                hint: request.method == .GET
                    ? "look at the control node's log"
                    : "the change may or may not be published: look before you repeat it")
        } catch let error as HTTPClientError where error == .remoteConnectionClosed {
            throw CommandRefusal(
                "the control node at \(base) closed the connection before it answered",
                hint: "the change may or may not be published: look before you repeat it")
        } catch {
            throw CommandRefusal(
                "no control node answers at \(base) (\(ConnectFailure.reason(error)))",
                hint: "start one with `pilotlight control --data DIR`, or name another with --control-url or "
                    + "PILOTLIGHT_CONTROL_URL")
        }
    }

    private func read(_ bytes: [UInt8], status: Int) throws -> JSONValue {
        let (value, problems) = JSONReader.read(bytes, purpose: .context, maximumBytes: Self.largestAnswer)
        if let value { return value }
        throw foreignAnswer(status, "something that isn't JSON (\(problems.first?.reason ?? "empty"))")
    }

    private func foreignAnswer(_ status: Int, _ what: String) -> CommandRefusal {
        CommandRefusal(
            "\(base) answered HTTP \(status) with \(what)",
            hint: "is that the operator API of a control node? Its port is 7460 unless it was started with another")
    }
}
