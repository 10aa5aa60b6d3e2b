import NIOCore
import NIOHTTP1

/// The first handler of every connection: looks at the first byte, puts in the handlers of the protocol that it begins,
/// and leaves. 00 is the binary protocol, a capital letter a method of HTTP.
final class FirstBytes: ChannelInboundHandler, RemovableChannelHandler, LoopConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let loop: LoopState
    private let surface: Surface
    private var context: ChannelHandlerContext?
    private(set) var deadline: NIODeadline?

    init(loop: LoopState, surface: Surface) {
        self.loop = loop
        self.surface = surface
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadline = .now() + loop.configuration.undecidedTimeout
        loop.counters.count(.acceptedConnections)
        loop.counters.change(.undecidedConnections, by: 1)
        loop.open(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if self.context != nil { leave() }
    }

    private func leave() {
        context = nil
        loop.counters.change(.undecidedConnections, by: -1)
        loop.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return }
        let pipeline = context.pipeline.syncOperations
        do {
            switch first {
            case 0x00 where surface == .socket:
                try pipeline.addHandler(BinaryConnection(loop: loop), position: .after(self))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                let connection = HTTPConnection(loop: loop, surface: surface)
                try pipeline.addHandler(connection, position: .after(self))
                try pipeline.addHandler(HTTPConnection.makeDecoder(), position: .after(self))
            default:
                return refuse(context)
            }
        } catch {
            return context.close(promise: nil)
        }
        // Before the bytes go on, so that a scrape in them doesn't count its own connection twice.
        leave()
        context.fireChannelRead(data)
        pipeline.removeHandler(self, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func refuse(_ context: ChannelHandlerContext) {
        loop.counters.count(.refusedConnections)
        var response = HTTPResponse(status: .badRequest, closes: true)
        response.problem("the first byte begins neither HTTP/1.1 nor the lookup protocol")
        var buffer = context.channel.allocator.buffer(capacity: 512)
        response.write(stamp: loop.currentStamp(), to: &buffer)
        context.writeAndFlush(NIOAny(buffer), promise: nil)
        context.close(promise: nil)
    }

    // MARK: LoopConnection

    func expire() {
        loop.counters.count(.refusedConnections)
        cutOff()
    }

    func quiesce() { cutOff() }

    func cutOff() { context?.close(promise: nil) }
}

/// Which of the listeners a connection came in by, and so what it may ask.
enum Surface: Sendable {
    /// The Unix socket: everything.
    case socket
    /// The loopback port: HTTP.
    case ofrep
    /// The port for probes: health and metrics.
    case probe
}
