import Agent
import LookupProtocol
import NIOCore

/// One connection of the binary protocol: reads frames out of what came, answers each at once, and flushes the answers
/// together when the read is complete.
final class BinaryConnection: ChannelInboundHandler, LoopConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Answers waiting to be flushed, beyond which no further frame is read before they are.
    private static let flushLimit = 1 << 20

    private let loop: LoopState
    private var context: ChannelHandlerContext?
    private var received: ByteBuffer?
    private var answers: [UInt8] = []
    private var version: UInt8?
    private var watchID: UInt32?
    /// What a slow watcher has still to be told.
    private var untold: LiveState.Change?
    /// The peer takes nothing more at the moment: no frame is read.
    private var isHeldUp = false
    /// No frame is read any more; closed once the answers are out.
    private var isEnding = false
    /// What was received while held up is still answered, then it ends.
    private var endsWhenRead = false
    private var isClosing = false
    private(set) var deadline: NIODeadline?

    init(loop: LoopState) { self.loop = loop }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.counters.change(.binaryConnections, by: 1)
        loop.open(self)
        if loop.isQuiescing { quiesce() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.unwatch(self)
        loop.counters.change(.binaryConnections, by: -1)
        loop.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        var buffer = unwrapInboundIn(data)
        if received == nil { received = buffer } else { received?.writeBuffer(&buffer) }
        readFrames(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) { flush(context) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, isHeldUp {
            isHeldUp = false
            readFrames(context)
            if !isHeldUp { try? context.channel.syncOptions?.setOption(.autoRead, value: true) }
        }
        if context.channel.isWritable, let change = untold {
            untold = nil
            push(change, stamp: loop.currentStamp())
        }
        flush(context)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: Reading

    private func readFrames(_ context: ChannelHandlerContext) {
        guard var buffer = received else { return }
        // The one reference, so that moving the rest to the front copies nothing else.
        received = nil
        while !isEnding, !isHeldUp {
            let consumed = buffer.withUnsafeReadableBytes { readOne($0) }
            guard consumed > 0 else { break }
            buffer.moveReaderIndex(forwardBy: consumed)
            if answers.count > Self.flushLimit { holdUpIfNeeded(context) }
        }
        if isEnding || buffer.readableBytes == 0 {
            deadline = nil
        } else {
            buffer.discardReadBytes()
            received = buffer
            if deadline == nil { deadline = .now() + loop.configuration.requestTimeout }
        }
        if endsWhenRead, !isHeldUp { isEnding = true }
    }

    /// Reads the preamble or one frame, if all of it is there, and answers it. Gives the bytes used up; 0 when more
    /// must come first, and when the connection has failed.
    private func readOne(_ bytes: UnsafeRawBufferPointer) -> Int {
        do throws(FrameProblem) {
            if version == nil { return try readPreamble(bytes) }
            let length = try Frame.payloadLength(of: bytes, limit: Frame.maximumRequestLength)
            guard let length, bytes.count >= Frame.lengthBytes + length else { return 0 }
            deadline = nil
            readPayload(UnsafeRawBufferPointer(rebasing: bytes[Frame.lengthBytes..<Frame.lengthBytes + length]))
            return Frame.lengthBytes + length
        } catch {
            fail(Failure(error), id: 0)
            return 0
        }
    }

    private func readPreamble(_ bytes: UnsafeRawBufferPointer) throws(FrameProblem) -> Int {
        do throws(FrameProblem) {
            guard let settled = try Preamble.readClient(bytes) else { return 0 }
            version = settled
            answers += Preamble.server(version: settled, environment: loop.shared.environment)
            return Preamble.clientLength
        } catch {
            answers += Preamble.server(environment: loop.shared.environment)
            throw error
        }
    }

    private func readPayload(_ payload: UnsafeRawBufferPointer) {
        do throws(FrameProblem) {
            try respond(to: ClientFrame.read(payload))
        } catch {
            let id = Frame.requestID(of: payload)
            if case .unknownType = error {
                Failure(error).write(id: id, to: &answers)
            } else {
                fail(Failure(error), id: id)
            }
        }
    }

    private func respond(to frame: ClientFrame) {
        switch frame {
        case .lookup(let request):
            let answer: Answer
            do throws(ContextProblem) {
                let context = try ContextReader.read(request.subject)
                answer = loop.answer(
                    Lookup(key: request.key, expected: request.expected, context: context), from: .binary)
            } catch {
                answer = loop.refuse(error, from: .binary)
            }
            BinaryRendering.write(answer, to: request, into: &answers)
        case .lookupAll(let request): respond(to: request)
        case .watch(let id):
            watchID = id
            loop.watch(self)
            ChangeNotice(stamp: loop.currentStamp(), changedKeys: nil).write(id: id, to: &answers)
        case .ping(let id):
            ServerFrame.pong(id: id, loop.currentStamp()).write(to: &answers)
        }
    }

    private func respond(to request: LookupAllRequest) {
        do throws(ContextProblem) {
            var count: UInt32 = 0
            let stamp = try loop.answerAll(context: ContextReader.read(request.subject), from: .binary) { key, answer in
                BinaryRendering.write(answer, of: key, to: request, into: &answers)
                count += 1
            }
            guard let stamp else { throw LoopState.notReady }
            LookupAllEnd(stamp: stamp, count: count).write(id: request.id, to: &answers)
        } catch {
            let code = AnswerTable.row(error.code).binary
            LookupAllEnd(stamp: loop.currentStamp(), count: 0, error: code, errorDetails: error.details)
                .write(id: request.id, to: &answers)
        }
    }

    private func fail(_ failure: Failure, id: UInt32) {
        loop.counters.count(.refusedConnections)
        failure.write(id: id, to: &answers)
        isEnding = true
    }

    // MARK: Writing

    /// Tells a watcher what changed; later, and together with what comes until then, if it is slow.
    func push(_ change: LiveState.Change, stamp: StateStamp) {
        guard let context, let watchID, !isEnding else { return }
        guard context.channel.isWritable else {
            untold = untold.map { $0.merged(with: change) } ?? change
            return
        }
        loop.counters.count(.changesPushed)
        ChangeNotice(stamp: stamp, changedKeys: change.noticeKeys).write(id: watchID, to: &answers)
        flush(context)
    }

    private func holdUpIfNeeded(_ context: ChannelHandlerContext) {
        writeOut(context)
        guard !context.channel.isWritable else { return }
        isHeldUp = true
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    private func flush(_ context: ChannelHandlerContext) {
        if !answers.isEmpty { holdUpIfNeeded(context) }
        if isEnding, !isClosing {
            isClosing = true
            // An empty write is behind everything written before: then all of it is out.
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { [self] _ in self.context?.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        }
    }

    private func writeOut(_ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: answers.count)
        buffer.writeBytes(answers)
        answers.removeAll(keepingCapacity: answers.capacity <= Self.flushLimit)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: LoopConnection

    func expire() {
        guard let context, !isEnding else { return cutOff() }
        fail(Failure(code: .timeout, message: "a frame was begun and not finished in time"), id: 0)
        flush(context)
    }

    func quiesce() {
        guard let context else { return }
        if isHeldUp { endsWhenRead = true } else { isEnding = true }
        flush(context)
    }

    func cutOff() { context?.close(promise: nil) }
}
