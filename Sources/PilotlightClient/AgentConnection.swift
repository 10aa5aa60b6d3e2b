import LookupProtocol
import NIOCore

/// The one handler on a connection to the agent: frames out of what comes, handed to the engine as they came together.
final class AgentConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let engine: ClientEngine
    private var reader = ServerFrameReader()
    private var finished: [(id: UInt32, outcome: LookupOutcome)] = []
    /// Why the connection ends, if this side knows better than "closed".
    private var problem: String?

    init(engine: ClientEngine) { self.engine = engine }

    func channelActive(context: ChannelHandlerContext) { engine.connected(context.channel) }

    func channelInactive(context: ChannelHandlerContext) {
        engine.disconnected(problem ?? ConnectionFault.closed)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard problem == nil else { return }
        reader.append(unwrapInboundIn(data).readableBytesView)
        do throws(FrameProblem) {
            while let frame = try reader.next() { take(frame) }
        } catch {
            problem = "what came is not the lookup protocol: \(error)"
        }
        engine.finish(finished)
        finished.removeAll(keepingCapacity: true)
        if problem != nil { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        problem = ConnectionFault.words(for: error)
        context.close(promise: nil)
    }

    private func take(_ frame: ServerFrame) {
        switch frame {
        case .answer(let id, let answer):
            finished.append((id, .answer(answer)))
        case .change(_, let notice):
            engine.publish(FlagChange(notice))
        case .failure(let id, let failure):
            finished.append((id, .failed(.refusedByAgent(failure.message))))
            // After any other failure the agent closes.
            if failure.code != .unknownType { problem = "the agent ended it: \(failure.message)" }
        case .flagAnswer, .lookupAllEnd, .pong:
            // Answers to what this client never asks.
            break
        }
    }
}
