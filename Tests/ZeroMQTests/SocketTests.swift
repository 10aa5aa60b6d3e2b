import Glibc
import Testing
import ZeroMQ

@Suite struct SocketTests {
    @Test(arguments: ["tcp", "ipc"]) func dealerAndRouterExchangeMultipartMessages(transport: String) throws {
        let context = try ZMQContext()
        let directory = Scratch.directory()
        let router = try ZMQSocket(.router, in: context, options: [.linger(0), .routerMandatory(true)])
        try router.bind(transport == "tcp" ? "tcp://127.0.0.1:*" : "ipc://\(directory)/s")
        let dealer = try ZMQSocket(.dealer, in: context, options: [.linger(0), .routingID(Array("agent".utf8))])
        try dealer.connect(try router.lastEndpoint)

        #expect(try dealer.send([[1], [], [2, 3]]) == .sent)
        #expect(try Scratch.nextMessage(on: router) == .message([Array("agent".utf8), [1], [], [2, 3]]))
        #expect(try router.send([Array("agent".utf8), [9]]) == .sent)
        #expect(try Scratch.nextMessage(on: dealer) == .message([[9]]))
    }

    @Test func aRouterSaysThatAPeerIsUnreachable() throws {
        let context = try ZMQContext()
        let router = try ZMQSocket(.router, in: context, options: [.linger(0), .routerMandatory(true)])
        try router.bind("tcp://127.0.0.1:*")
        #expect(try router.send([Array("nobody".utf8), [1], [2]]) == .unreachable)
        // The refused message left nothing behind.
        let dealer = try ZMQSocket(.dealer, in: context, options: [.linger(0), .routingID(Array("a".utf8))])
        try dealer.connect(try router.lastEndpoint)
        #expect(try dealer.send([[1]]) == .sent)
        #expect(try Scratch.nextMessage(on: router) == .message([Array("a".utf8), [1]]))
        #expect(try router.send([Array("a".utf8), [7]]) == .sent)
        #expect(try Scratch.nextMessage(on: dealer) == .message([[7]]))
    }

    @Test func subscribersGetTheirPrefixOnly() throws {
        let context = try ZMQContext()
        let publisher = try ZMQSocket(.xpub, in: context, options: [.linger(0), .xpubVerbose(true)])
        try publisher.bind("tcp://127.0.0.1:0")
        #expect(try publisher.boundPort > 0)
        let first = try ZMQSocket(.sub, in: context, options: [.linger(0), .subscribe(Array("b/".utf8))])
        let second = try ZMQSocket(.sub, in: context, options: [.linger(0), .subscribe(Array("b/".utf8))])
        try first.connect(try publisher.lastEndpoint)
        // The subscription itself is seen, so that nobody has to sleep.
        #expect(try Scratch.nextMessage(on: publisher) == .message([[1] + Array("b/".utf8)]))
        try second.connect(try publisher.lastEndpoint)
        #expect(try Scratch.nextMessage(on: publisher) == .message([[1] + Array("b/".utf8)]))
        #expect(try publisher.send([Array("a/".utf8), [1]]) == .sent)
        #expect(try publisher.send([Array("b/".utf8), [2]]) == .sent)
        #expect(try Scratch.nextMessage(on: first) == .message([Array("b/".utf8), [2]]))
        #expect(try Scratch.nextMessage(on: second) == .message([Array("b/".utf8), [2]]))
    }

    @Test func aPublisherDropsBeyondTheHighWaterMark() throws {
        let context = try ZMQContext()
        let publisher = try ZMQSocket(
            .xpub, in: context, options: [.linger(0), .xpubVerbose(true), .sendHighWaterMark(10)])
        try publisher.bind("ipc://\(Scratch.directory())/s")
        let slow = try ZMQSocket(.sub, in: context, options: [.linger(0), .receiveHighWaterMark(10), .subscribe([])])
        try slow.connect(try publisher.lastEndpoint)
        #expect(try Scratch.nextMessage(on: publisher) == .message([[1]]))

        let count: UInt32 = 5_000
        let padding = [UInt8](repeating: 0, count: 4_096)
        for number in 0..<count {
            #expect(try publisher.send([withUnsafeBytes(of: number) { Array($0) }, padding]) == .sent)
        }
        // What comes is in order, whole, and has holes; what is sent after the flood comes again.
        var seen: [UInt32] = []
        var set = PollSet()
        let entry = set.add(slow)
        let deadline = ContinuousClock.now + .seconds(120)
        while seen.last != count {
            try #require(ContinuousClock.now < deadline)
            if try set.wait(milliseconds: 50), set.isReadable(entry) {
                guard case .message(let frames) = try slow.receive() else { continue }
                try #require(frames.count == 2 && frames[0].count == 4)
                seen.append(frames[0].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
            } else {
                _ = try publisher.send([withUnsafeBytes(of: count) { Array($0) }, padding])
            }
        }
        #expect(seen == seen.sorted())
        #expect(seen.count < Int(count))
    }

    @Test func aDealerWithAFullQueueWouldBlock() throws {
        let context = try ZMQContext()
        let dealer = try ZMQSocket(.dealer, in: context, options: [.linger(0), .sendHighWaterMark(3)])
        try dealer.connect("ipc://\(Scratch.directory())/nobody")
        var results: [ZMQSocket.SendResult] = []
        for _ in 0..<5 { results.append(try dealer.send([[1], [2]])) }
        #expect(results == [.sent, .sent, .sent, .wouldBlock, .wouldBlock])
    }

    @Test func tooManyFramesAreRefusedAndTheNextMessageComes() throws {
        let context = try ZMQContext()
        let router = try ZMQSocket(.router, in: context, options: [.linger(0)])
        try router.bind("tcp://127.0.0.1:*")
        let dealer = try ZMQSocket(.dealer, in: context, options: [.linger(0), .routingID([65])])
        try dealer.connect(try router.lastEndpoint)
        #expect(try dealer.send([[UInt8]](repeating: [1], count: 20)) == .sent)
        #expect(try dealer.send([[2]]) == .sent)
        #expect(try Scratch.nextMessage(on: router, maximumFrames: 4) == .refused(firstFrame: [65], frames: 21))
        #expect(try Scratch.nextMessage(on: router, maximumFrames: 4) == .message([[65], [2]]))
    }

    @Test func aPeerWithTooLargeAFrameIsDisconnected() throws {
        let context = try ZMQContext()
        var router = try ZMQSocket(.router, in: context, options: [.linger(0), .maximumMessageSize(100)])
        try router.startMonitor()
        try router.bind("tcp://127.0.0.1:*")
        let dealer = try ZMQSocket(.dealer, in: context, options: [.linger(0), .routingID([65])])
        try dealer.connect(try router.lastEndpoint)
        #expect(try dealer.send([[UInt8](repeating: 0, count: 101)]) == .sent)
        #expect(try nextEvent(of: router)?.kind == .connected)
        #expect(try nextEvent(of: router)?.kind == .disconnected)
        #expect(try router.receive() == .nothing)
    }

    @Test func aTakenPortIsNamedWithAHint() throws {
        let context = try ZMQContext()
        let first = try ZMQSocket(.pub, in: context, options: [.linger(0)])
        try first.bind("tcp://127.0.0.1:*")
        let endpoint = try first.lastEndpoint
        let second = try ZMQSocket(.pub, in: context, options: [.linger(0)])
        let error = #expect(throws: ZMQError.self) { try second.bind(endpoint) }
        #expect(error?.code == EADDRINUSE)
        #expect(
            error?.description
                == "ZeroMQ can't bind \(endpoint): Address already in use; "
                + "another process listens there: stop it, or give another port")
    }

    @Test func wrongOptionsAndEndpointsAreRefused() throws {
        let context = try ZMQContext()
        let error = #expect(throws: ZMQError.self) {
            _ = try ZMQSocket(.dealer, in: context, options: [.routingID([])]).lastEndpoint
        }
        #expect(error?.description.contains("ZMQ_ROUTING_ID to 0 bytes") == true)
        let socket = try ZMQSocket(.pub, in: context)
        #expect(throws: ZMQError.self) { try socket.bind("nonsense") }
    }

    @Test func theMonitorSeesConnectsAndDisconnects() throws {
        let context = try ZMQContext()
        let endpoint = "ipc://\(Scratch.directory())/s"
        var dealer = try ZMQSocket(.dealer, in: context, options: [.linger(0), .reconnectInterval(10)])
        try dealer.startMonitor()
        try dealer.connect(endpoint)
        do {
            let router = try ZMQSocket(.router, in: context, options: [.linger(0)])
            try router.bind(endpoint)
            #expect(try nextEvent(of: dealer)?.kind == .connected)
        }
        #expect(try nextEvent(of: dealer)?.kind == .disconnected)
        let router = try ZMQSocket(.router, in: context, options: [.linger(0)])
        try router.bind(endpoint)
        #expect(try nextEvent(of: dealer)?.kind == .connected)
    }

    @Test func aShutDownContextEndsAWait() async throws {
        let context = try ZMQContext()
        let (thread, _) = try await ZMQThread.start(name: "waits") {
            let socket = try SocketBox(ZMQSocket(.dealer, in: context, options: [.linger(0)]))
            return (socket, ())
        } loop: { box in
            var set = PollSet()
            _ = set.add(box.socket)
            let error = #expect(throws: ZMQError.self) { while try !set.wait(milliseconds: -1) {} }
            #expect(error?.isTerminated == true)
        }
        context.shutDown()
        await thread.join()
    }

    private func nextEvent(of socket: borrowing ZMQSocket) throws -> SocketEvent? {
        var set = PollSet()
        let entry = set.addMonitor(of: socket)
        try #require(entry != nil)
        while true {
            if let event = try socket.nextEvent() { return event }
            guard try set.wait(milliseconds: Scratch.patience) else { return nil }
        }
    }
}

/// What a thread owns.
final class SocketBox {
    let socket: ZMQSocket

    init(_ socket: consuming ZMQSocket) { self.socket = socket }
}
