import Harness
import LookupProtocol
import NIOCore
import NIOPosix

/// A listener that answers each frame with the bytes that the test says: for what a real agent never does.
final class FakeAgent: Sendable {
    typealias Script = @Sendable (ClientFrame) -> [UInt8]

    let directory: TemporaryDirectory
    let socket: String
    private let listener: any Channel

    static let stamp = StateStamp(
        epochCounter: 1, epochID: 2, number: 3, isReady: true, isStale: false, stalenessMilliseconds: 0)

    init(
        preamble: [UInt8] = Preamble.server(environment: "production"), _ script: @escaping Script
    ) async throws {
        directory = try TemporaryDirectory()
        socket = directory.path("fake.sock")
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(preamble: preamble, script: script))
                }
            }
            .bind(unixDomainSocketPath: socket).get()
    }

    deinit { listener.close(promise: nil) }

    static func answer(_ id: UInt32, _ value: AnswerValue) -> [UInt8] {
        var bytes: [UInt8] = []
        FlagAnswer(stamp: stamp, reason: .static, value: value, variant: "v").write(id: id, to: &bytes)
        return bytes
    }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let preamble: [UInt8]
        private let script: Script
        private var received = ByteBuffer()
        private var isGreeted = false

        init(preamble: [UInt8], script: @escaping Script) {
            self.preamble = preamble
            self.script = script
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var more = unwrapInboundIn(data)
            received.writeBuffer(&more)
            var out: [UInt8] = []
            if !isGreeted, received.readSlice(length: Preamble.clientLength) != nil {
                isGreeted = true
                out += preamble
            }
            while let length = received.getInteger(at: received.readerIndex, as: UInt32.self),
                received.readableBytes >= 4 + Int(length)
            {
                received.moveReaderIndex(forwardBy: 4)
                guard let payload = received.readBytes(length: Int(length)),
                    let frame = try? payload.withUnsafeBytes({ try ClientFrame.read($0) })
                else { return context.close(promise: nil) }
                out += script(frame)
            }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: out)), promise: nil)
        }
    }
}
