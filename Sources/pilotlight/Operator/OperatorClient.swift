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
    /// The same for a question that the control node evaluates flags for many users to answer.
    static let longTimeout = Duration.seconds(90)
    private static let largestAnswer = 256 << 20
    private static let pageSize = 1_000

    /// Opens a client for `body` and closes it afterwards.
    /// - Parameter silence: an answer that has begun is given up after so long without a byte.
    static func connected<Result>(
        _ options: ConnectionOptions, silence: Duration? = nil, _ body: (OperatorClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = silence.map { TimeAmount($0) }
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

    enum Method: String {
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    // MARK: Asking

    func get(_ path: String..., query: [String: String] = [:]) async throws -> JSONValue {
        try await answer(to: request(.GET, path, query: query), Attempts(isChange: false, repeatable: true))
    }

    /// A question that is too long for a query; it changes nothing.
    func question(_ path: String..., body: JSONObject, limit: Duration = timeout) async throws -> JSONValue {
        try await answer(
            to: request(.POST, path, body: body), Attempts(isChange: false, repeatable: true, limit: limit))
    }

    /// A list, all pages of it: the first answer, with `member` holding the items of every page.
    /// - Parameters:
    ///   - most: stop at so many items; what follows is told by `next`.
    ///   - progress: what is being read, for the line that shows after a second.
    func list(
        _ path: String..., member: String, query: [String: String] = [:], most: Int = .max, progress what: String? = nil
    ) async throws -> JSONValue {
        try await ProgressLine.during(waiting) { progress in
            var first: JSONObject?
            var items: [JSONValue] = []
            var query = query
            while true {
                query["limit"] = "\(min(Self.pageSize, most - items.count))"
                let page = try await answer(
                    to: request(.GET, path, query: query), Attempts(isChange: false, repeatable: true))
                items += page[member]?.arrayValue ?? []
                if first == nil { first = page.objectValue ?? [:] }
                let next = page["next"] ?? .null
                progress.say("reading \(what ?? member): \(items.count)")
                guard next != .null, items.count < most, let cursor = Self.text(ofCursor: next) else {
                    var whole = first ?? [:]
                    whole[member] = .array(items)
                    whole["next"] = next
                    return .object(whole)
                }
                query["after"] = cursor
            }
        }
    }

    private var waiting: String { "waiting for the control node at \(base)" }

    private static func text(ofCursor cursor: JSONValue) -> String? {
        cursor.stringValue ?? cursor.integerValue.map { "\($0)" }
    }

    /// What is no change of an environment's content: sent once.
    func order(_ method: Method, _ path: String..., body: JSONObject? = nil) async throws -> JSONValue {
        try await answer(
            to: request(HTTPMethod(rawValue: method.rawValue), path, body: body),
            Attempts(isChange: true, repeatable: false))
    }

    /// A change: with its message and its condition, and under a key by which it can be sent again without being done
    /// twice; or a look ahead, without a key.
    func change(
        _ method: Method, _ path: String..., body: JSONObject? = nil, query: [String: String] = [:], terms: ChangeTerms,
        limit: Duration = timeout
    ) async throws -> JSONValue {
        var body = body
        var query = query
        if let message = terms.message {
            if body == nil { query["message"] = message } else { body?["message"] = .string(message) }
        }
        return try await answer(
            to: request(HTTPMethod(rawValue: method.rawValue), path, query: query, body: body), on: terms, limit: limit)
    }

    /// A change that is a document, sent as it is.
    func change(
        _ path: String..., document: InputDocument, query: [String: String] = [:], terms: ChangeTerms
    ) async throws -> JSONValue {
        var query = query
        query["name"] = document.name
        query["message"] = terms.message
        var request = request(.POST, path, query: query)
        request.headers.add(name: "Content-Type", value: document.mediaType)
        request.body = .bytes(ByteBuffer(string: document.text))
        return try await answer(to: request, on: terms, limit: Self.timeout)
    }

    private func answer(
        to request: HTTPClientRequest, on terms: ChangeTerms, limit: Duration
    ) async throws -> JSONValue {
        var request = request
        if let key = terms.key { request.headers.add(name: "Idempotency-Key", value: key) }
        if let number = terms.ifRevision { request.headers.add(name: "Pilotlight-If-Revision", value: "\(number)") }
        return try await answer(
            to: request, Attempts(isChange: terms.key != nil, repeatable: true, limit: limit))
    }

    /// A stream of server-sent events; a refusal is thrown as `ProblemDetails`.
    func events(_ path: String..., query: [String: String] = [:], lastID: String?) async throws -> HTTPClientResponse {
        var request = request(.GET, path, query: query)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let lastID { request.headers.add(name: "Last-Event-ID", value: lastID) }
        let response = try await http.execute(request, deadline: .distantFuture)
        guard response.status == .ok else {
            let bytes = Array(try await response.body.collect(upTo: Self.largestAnswer).readableBytesView)
            _ = try checked(bytes, status: Int(response.status.code))
            throw foreignAnswer(Int(response.status.code), "no events")
        }
        return response
    }

    // MARK: One request

    private func request(
        _ method: HTTPMethod, _ path: [String], query: [String: String] = [:], body: JSONObject? = nil
    ) -> HTTPClientRequest {
        var url = base + "/v1/" + path.map(PathSegment.encoded).joined(separator: "/")
        if !query.isEmpty {
            let pairs = query.sorted { $0.key < $1.key }.map { "\($0.key)=\(PathSegment.encoded($0.value))" }
            url += "?" + pairs.joined(separator: "&")
        }
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "Pilotlight-Actor", value: actor)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            var bytes: [UInt8] = []
            JSONValue.object(body).write(to: &bytes)
            request.body = .bytes(ByteBuffer(bytes: bytes))
        }
        return request
    }

    private func answer(to request: HTTPClientRequest, _ attempts: Attempts) async throws -> JSONValue {
        let (status, bytes) = try await ProgressLine.during(waiting) { _ in try await exchange(request, attempts) }
        return try checked(bytes, status: status)
    }

    private func checked(_ bytes: [UInt8], status: Int) throws -> JSONValue {
        let answer = bytes.isEmpty ? JSONValue.object([:]) : try read(bytes, status: status)
        guard status < 400 else {
            guard answer["title"] != nil || answer["detail"] != nil else {
                throw foreignAnswer(status, "an unknown error")
            }
            throw ProblemDetails(answer, status: status)
        }
        return answer
    }

    /// Sends it, and sends it again where the answer got lost and a second one does no harm.
    private func exchange(
        _ request: HTTPClientRequest, _ attempts: Attempts
    ) async throws -> (status: Int, bytes: [UInt8]) {
        var attempts = attempts
        while true {
            do {
                let response = try await http.execute(request, timeout: TimeAmount(attempts.limit))
                let body = try await response.body.collect(upTo: Self.largestAnswer)
                return (Int(response.status.code), Array(body.readableBytesView))
            } catch {
                switch attempts.verdict(on: ExchangeFault(error)) {
                case .again(let pause): try await Task.sleep(for: pause)
                case .refuse(let refuse): throw refuse(base)
                }
            }
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
