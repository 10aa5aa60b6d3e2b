import CLinux
import Glibc
import Synchronization

/// A thread of its own for sockets: it makes them, uses them and closes them. libzmq never runs on Swift's cooperative
/// pool, whose threads must not wait.
package final class ZMQThread: Sendable {
    package let name: String
    private let end = End()

    private init(name: String) { self.name = name }

    /// Runs `setUp` and then `loop` on a new thread. Returns when `setUp` has returned there, with the value it gave for
    /// the starter (a bound port, say), or throws what it threw; the thread has then ended.
    ///
    /// - Parameters:
    ///   - name: as seen in `top -H`; 15 bytes count.
    ///   - setUp: makes what the thread owns.
    ///   - loop: returns when it has been told to stop, by a way of the caller's (an `Outbox` and a `WakeUp`).
    package static func start<Owned, Value: Sendable>(
        name: String,
        setUp: @escaping @Sendable () throws -> (Owned, Value),
        loop: @escaping @Sendable (Owned) -> Void
    ) async throws -> (thread: ZMQThread, value: Value) {
        let thread = ZMQThread(name: name)
        let end = thread.end
        let value = try await withCheckedThrowingContinuation { (started: CheckedContinuation<Value, any Error>) in
            let body = Body {
                pilotlight_name_thread(name)
                // The inner function so that what is owned is gone before `end` tells.
                func run() {
                    do {
                        let (owned, value) = try setUp()
                        started.resume(returning: value)
                        loop(owned)
                    } catch {
                        started.resume(throwing: error)
                    }
                }
                run()
                end.reach()
            }
            if let error = body.start() {
                started.resume(throwing: error)
                end.reach()
            }
        }
        return (thread, value)
    }

    /// Waits until the thread has ended and its sockets are closed.
    package func join() async { await end.wait() }

    /// Reached once; any number of tasks wait for it.
    private final class End: Sendable {
        private struct State {
            var isReached = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        func reach() {
            let waiting = state.withLock { state in
                state.isReached = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        func wait() async {
            await withCheckedContinuation { continuation in
                let isReached = state.withLock { state in
                    if !state.isReached { state.waiting.append(continuation) }
                    return state.isReached
                }
                if isReached { continuation.resume() }
            }
        }
    }

    /// A closure on its way into a C callback.
    private final class Body: Sendable {
        private let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }

        /// Nil when the thread runs.
        func start() -> ZMQError? {
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            defer { pthread_attr_destroy(&attributes) }
            // Eight megabytes of address space, not of memory: reading nested documents recurses, and a debug build's
            // frames are large. The process's own limit (ulimit -s) might be anything.
            pthread_attr_setstacksize(&attributes, 8 << 20)
            pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
            // Signals belong to the process's signal handling, not to a thread inside libzmq.
            var all = sigset_t()
            var before = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, &before)
            defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
            var thread = pthread_t()
            let code = pthread_create(
                &thread, &attributes,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
            guard code != 0 else { return nil }
            Unmanaged.passUnretained(self).release()
            return ZMQError("start a thread", code: code)
        }
    }
}
