import Glibc
import Synchronization
import Testing
import ZeroMQ

@Suite struct ThreadTests {
    private enum Work: Sendable {
        case number(Int)
        case stop
    }

    @Test func manyThreadsHandOverThroughOneOutbox() async throws {
        let wakeUp = try WakeUp()
        let outbox = Outbox<Work>(limit: 1_000_000, wakeUp: wakeUp)
        let sum = Mutex(0)
        let writers = 8
        let each = 5_000
        let (thread, _) = try await ZMQThread.start(name: "owner") {
            ((), ())
        } loop: { _ in
            var set = PollSet()
            _ = set.add(wakeUp)
            var isRunning = true
            while isRunning {
                // For ever: a lost wake-up would hang here.
                guard (try? set.wait(milliseconds: -1)) == true else { continue }
                wakeUp.acknowledge()
                for work in outbox.takeAll() {
                    switch work {
                    case .number(let number): sum.withLock { $0 += number }
                    case .stop: isRunning = false
                    }
                }
            }
        }
        await withTaskGroup { group in
            for _ in 0..<writers {
                group.addTask { for number in 1...each { #expect(outbox.append(.number(number))) } }
            }
        }
        outbox.append(.stop)
        await thread.join()
        #expect(sum.withLock { $0 } == writers * each * (each + 1) / 2)
    }

    @Test func aRoundTripThroughTheThreadThatOwnsTheSocket() async throws {
        let context = try ZMQContext()
        let wakeUp = try WakeUp()
        let outbox = Outbox<Work>(limit: 100, wakeUp: wakeUp)
        let (thread, port) = try await ZMQThread.start(name: "router") {
            let box = SocketBox(try ZMQSocket(.router, in: context, options: [.linger(0)]))
            try box.socket.bind("tcp://127.0.0.1:*")
            return (box, try box.socket.boundPort)
        } loop: { box in
            var set = PollSet()
            _ = set.add(box.socket)
            _ = set.add(wakeUp)
            var isRunning = true
            while isRunning {
                _ = try? set.wait(milliseconds: -1)
                while case .message(let frames)? = try? box.socket.receive() { _ = try? box.socket.send(frames) }
                wakeUp.acknowledge()
                for work in outbox.takeAll() { if case .stop = work { isRunning = false } }
            }
        }
        let dealer = try ZMQSocket(.dealer, in: context, options: [.linger(0)])
        try dealer.connect("tcp://127.0.0.1:\(port)")
        #expect(try dealer.send([[42]]) == .sent)
        #expect(try Scratch.nextMessage(on: dealer) == .message([[42]]))
        outbox.append(.stop)
        await thread.join()
        // The thread's socket is closed: its port is free again.
        let again = try ZMQSocket(.router, in: context, options: [.linger(0)])
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            // libzmq's reaper closes the descriptor shortly after.
            do {
                try again.bind("tcp://127.0.0.1:\(port)")
                break
            } catch {
                try #require(ContinuousClock.now < deadline, "\(error)")
                sched_yield()
            }
        }
    }

    @Test func aSetUpThatFailsIsThrownToTheStarter() async throws {
        let context = try ZMQContext()
        await #expect(throws: ZMQError.self) {
            _ = try await ZMQThread.start(name: "fails") {
                let box = SocketBox(try ZMQSocket(.router, in: context))
                try box.socket.bind("tcp://256.0.0.1:1")
                return (box, ())
            } loop: { _ in
                Issue.record("the loop ran")
            }
        }
    }

    @Test func anOutboxRefusesBeyondItsLimitAndOnceClosed() throws {
        let outbox = Outbox<Int>(limit: 2, wakeUp: try WakeUp())
        #expect(outbox.append(1))
        #expect(outbox.append(2))
        #expect(!outbox.append(3))
        #expect(outbox.takeAll() == [1, 2])
        #expect(outbox.append(4))
        #expect(outbox.close() == [4])
        #expect(!outbox.append(5))
        #expect(outbox.takeAll() == [])
    }

    @Test func wakingTwiceIsOneWakeUp() throws {
        let wakeUp = try WakeUp()
        var set = PollSet()
        let entry = set.add(wakeUp)
        #expect(try !set.wait(milliseconds: 0))
        wakeUp.wake()
        wakeUp.wake()
        #expect(try set.wait(milliseconds: 0))
        #expect(set.isReadable(entry))
        wakeUp.acknowledge()
        #expect(try !set.wait(milliseconds: 0))
        wakeUp.wake()
        #expect(try set.wait(milliseconds: 0))
    }
}
