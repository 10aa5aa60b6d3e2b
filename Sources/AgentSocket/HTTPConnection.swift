import Flags
import JSON
import LookupProtocol
import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection: collects a request, answers it at once, and flushes the responses together when the read is
/// complete, so that pipelined requests cost one system call.
final class HTTPConnection: ChannelInboundHandler, LoopConnection {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    static let maximumBodyBytes = 1 << 20
    /// Responses waiting to be flushed, beyond which no further request is answered before they are.
    private static let flushLimit = 1 << 20

    private enum Step {
        case part(HTTPServerRequestPart)
        case fault(HTTPStatus, String)
    }

    /// A request of which everything but the body has come.
    private struct Request {
        var route: HTTPRoute
        var head: HTTPRequestHead
        var ifNoneMatch: String?
        var isUpgrade: Bool
        var body: ByteBuffer?
    }

    private let loop: LoopState
    private let surface: Surface
    private var context: ChannelHandlerContext?
    private var request: Request?
    /// The last that a load balancer asked, which it asks over and over.
    private var lastRoute: (uri: String, route: HTTPRoute)?
    private var responses: ByteBuffer?
    /// What came while the peer took nothing; in order.
    private var heldUp: CircularBuffer<Step> = []
    private var isHeldUp = false
    /// No request is answered any more; closed once the responses are out.
    private var isEnding = false
    private var isClosing = false
    /// Whether to let the peer read the response before its unread bytes would reset the connection.
    private var lingers = false
    /// What was received while held up is still answered, then it ends.
    private var endsWhenRead = false
    private(set) var deadline: NIODeadline?

    init(loop: LoopState, surface: Surface) {
        self.loop = loop
        self.surface = surface
    }

    static func makeDecoder() -> ByteToMessageHandler<HTTPRequestDecoder> {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 << 10
        limits.maxHeaderListSize = 64 << 10
        limits.maxHeaderFieldCount = 100
        return ByteToMessageHandler(
            HTTPRequestDecoder(
                leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .drop, limitConfiguration: limits))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline = .now() + loop.configuration.requestTimeout
        loop.counters.change(.httpConnections, by: 1)
        loop.open(self)
        if loop.isQuiescing { quiesce() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.counters.change(.httpConnections, by: -1)
        loop.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(.part(unwrapInboundIn(data)), context)
    }

    func channelReadComplete(context: ChannelHandlerContext) { flush(context) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, isHeldUp {
            isHeldUp = false
            while !isHeldUp, let step = heldUp.popFirst() { perform(step, context) }
            if !isHeldUp {
                try? context.channel.syncOptions?.setOption(.autoRead, value: true)
                if endsWhenRead { isEnding = true }
            }
        }
        flush(context)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow:
            take(.fault(.headersTooLarge, "the request's headers are longer than 64 KiB, or more than 100"), context)
        case HTTPParserError.invalidVersion:
            take(.fault(.versionNotSupported, "this socket speaks HTTP/1.1"), context)
        // A connection that ended inside a request has nobody to answer.
        case HTTPParserError.invalidEOFState: context.close(promise: nil)
        case is HTTPParserError: take(.fault(.badRequest, "the request is not HTTP/1.1: \(error)"), context)
        case is NIOHTTPDecoderError: take(.fault(.badRequest, "the request is not HTTP/1.1: \(error)"), context)
        default: context.close(promise: nil)
        }
        if !isHeldUp { flush(context) }
    }

    // MARK: Requests

    private func take(_ step: Step, _ context: ChannelHandlerContext) {
        if isHeldUp { heldUp.append(step) } else { perform(step, context) }
    }

    private func perform(_ step: Step, _ context: ChannelHandlerContext) {
        guard !isEnding else { return }
        switch step {
        case .part(.head(let head)): begin(head, context)
        case .part(.body(var bytes)):
            guard let size = request.map({ ($0.body?.readableBytes ?? 0) + bytes.readableBytes }) else { return }
            guard size <= Self.maximumBodyBytes else { return refuseBody() }
            if request?.body == nil { request?.body = bytes } else { request?.body?.writeBuffer(&bytes) }
        case .part(.end):
            guard let request else { return }
            self.request = nil
            answer(request, context)
        case .fault(let status, let detail):
            var response = HTTPResponse(status: status, closes: true)
            response.problem(detail)
            finish(response)
            lingers = true
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var request = Request(route: route(of: head.uri), head: head, isUpgrade: false)
        var bodyBytes = 0
        var expectsContinue = false
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 6 where name.equals(lowercase: "expect"): expectsContinue = value.equals(lowercase: "100-continue")
            case 7 where name.equals(lowercase: "upgrade"): request.isUpgrade = true
            case 13 where name.equals(lowercase: "if-none-match"): request.ifNoneMatch = value
            case 14 where name.equals(lowercase: "content-length"): bodyBytes = Int(value) ?? 0
            default: break
            }
        }
        self.request = request
        deadline = .now() + loop.configuration.requestTimeout
        if bodyBytes > Self.maximumBodyBytes { return refuseBody() }
        if expectsContinue, head.version == .http1_1 {
            append { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
        }
    }

    private func route(of uri: String) -> HTTPRoute {
        if let lastRoute, lastRoute.uri.isExactly(uri) { return lastRoute.route }
        let route = HTTPRoute(uri: uri, surface: surface)
        if case .route = route { lastRoute = (uri, route) }
        return route
    }

    private func refuseBody() {
        let isLookup = request?.route.isLookup ?? false
        request = nil
        let detail = "the body is longer than \(Self.maximumBodyBytes) bytes"
        var response = HTTPResponse(status: .contentTooLarge, closes: true)
        if isLookup {
            OFREPRendering.writeFailure(.general, detail, to: &response.body)
        } else {
            response.problem(detail)
        }
        finish(response)
        lingers = true
    }

    private func answer(_ request: Request, _ context: ChannelHandlerContext) {
        loop.counters.count(.httpRequests)
        deadline = .now() + loop.configuration.idleTimeout
        var response = HTTPResponse(status: .ok, closes: !request.head.isKeepAlive || loop.isQuiescing)
        let method = request.head.method
        swap(&response.body, &loop.scratch)
        switch request.route {
        case .unknown:
            response.status = .notFound
            response.problem(
                "nothing is served at \(request.head.uri)",
                hint: "lookups: POST /ofrep/v1/evaluate/flags/{key}; versions: GET /route/{component}?cookie=NAME; "
                    + "health: /healthz, /readyz, /metrics")
        case .evaluate, .evaluateAll, .malformed:
            if method == .POST {
                OFREPEndpoint(loop: loop).answer(request.route, request.body, request.ifNoneMatch, &response)
            }
        case .explain(let key):
            if method == .POST { ExplainEndpoint(loop: loop).answer(flag: key, request.body, &response) }
        case .explainComponent(let name):
            if method == .POST { ExplainEndpoint(loop: loop).answer(component: name, request.body, &response) }
        case .route(let query):
            if method == .GET || method == .HEAD {
                RouteEndpoint(loop: loop).answer(query, request.head.headers, &response)
            }
        case .malformedRoute(let problem):
            if method == .GET || method == .HEAD { RouteEndpoint(loop: loop).refuse(problem, &response) }
        case .health, .readiness, .metrics:
            if method == .GET || method == .HEAD { ProbeEndpoint(loop: loop).answer(request.route, &response) }
        }
        if request.route != .unknown, !Self.allows(method, request.route) {
            response.status = .methodNotAllowed
            response.allow = request.route.allow
            response.problem("\(method) is not served here", hint: "use \(request.route.allow)")
        }
        response.omitsBody =
            method == .HEAD || response.status == .notModified || response.status == .noContent
        let stamp = response.stamp ?? loop.currentStamp()
        append { response.write(stamp: stamp, to: &$0) }
        response.body.removeAll(keepingCapacity: response.body.capacity <= Self.flushLimit)
        swap(&response.body, &loop.scratch)
        if response.closes { isEnding = true }
        if request.isUpgrade, !isEnding { renewDecoder(context) }
        if let waiting = responses?.readableBytes, waiting > Self.flushLimit { holdUpIfNeeded(context) }
    }

    private static func allows(_ method: HTTPMethod, _ route: HTTPRoute) -> Bool {
        route.isLookup ? method == .POST : method == .GET || method == .HEAD
    }

    /// After a request that offers an upgrade (Java's client offers h2c on each connection) the decoder reads no more,
    /// in case the offer is taken. It isn't: a new decoder goes on with the bytes that the old one leaves.
    private func renewDecoder(_ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let old = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(Self.makeDecoder(), position: .after(old))
            // The bytes come outside of a read, so that no read's end flushes what answers them.
            let removed = context.eventLoop.makePromise(of: Void.self)
            removed.futureResult.assumeIsolated().whenComplete { [self] _ in
                if let context = self.context { flush(context) }
            }
            pipeline.removeHandler(old, promise: removed)
        } catch {
            isEnding = true
        }
    }

    // MARK: Responses

    private func finish(_ response: HTTPResponse) {
        let stamp = loop.currentStamp()
        append { response.write(stamp: stamp, to: &$0) }
        isEnding = true
    }

    private func append(_ write: (inout ByteBuffer) -> Void) {
        var buffer = responses.take() ?? context?.channel.allocator.buffer(capacity: 1_024) ?? ByteBuffer()
        write(&buffer)
        responses = buffer
    }

    private func holdUpIfNeeded(_ context: ChannelHandlerContext) {
        if let buffer = responses.take() { context.writeAndFlush(wrapOutboundOut(buffer), promise: nil) }
        guard !context.channel.isWritable, !isHeldUp else { return }
        isHeldUp = true
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    private func flush(_ context: ChannelHandlerContext) {
        if responses != nil { holdUpIfNeeded(context) }
        guard isEnding, !isClosing else { return }
        isClosing = true
        let written = context.eventLoop.makePromise(of: Void.self)
        let lingers = lingers
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            // While lingering, what still comes is read and dropped until the peer closes or the time is up.
            self.context?.close(mode: lingers ? .output : .all, promise: nil)
        }
        if lingers { deadline = .now() + loop.configuration.stopTimeout }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    }

    // MARK: LoopConnection

    func expire() {
        guard let context, request != nil, !isEnding else { return cutOff() }
        take(.fault(.requestTimeout, "the request did not arrive in time"), context)
        flush(context)
    }

    func quiesce() {
        guard let context else { return }
        // A request that has begun to arrive is still answered, and its answer closes.
        if isHeldUp { endsWhenRead = true } else if request == nil { isEnding = true }
        flush(context)
    }

    func cutOff() { context?.close(promise: nil) }
}
