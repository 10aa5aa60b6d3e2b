import CZeroMQ

/// libzmq's context: its I/O threads. The one object of libzmq that threads may share.
///
/// Every socket keeps its context alive, so that the context ends after its last socket, and ending it waits for nothing
/// but what sockets with a linger still have to send.
package final class ZMQContext: @unchecked Sendable {
    // Sendable unchecked: libzmq documents a context as safe to use from any thread, and the pointer never changes.
    let handle: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - ioThreads: one carries about a gigabyte a second; that is plenty for both sides.
    ///   - maximumSockets: how many sockets may be open at once.
    package init(ioThreads: Int32 = 1, maximumSockets: Int32 = 1023) throws(ZMQError) {
        guard let handle = zmq_ctx_new() else { throw ZMQError.last("make a context") }
        self.handle = handle
        guard zmq_ctx_set(handle, ZMQ_IO_THREADS, ioThreads) == 0 else {
            throw ZMQError.last("set ZMQ_IO_THREADS to \(ioThreads)")
        }
        guard zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, maximumSockets) == 0 else {
            throw ZMQError.last("set ZMQ_MAX_SOCKETS to \(maximumSockets)")
        }
    }

    /// Makes every call on this context's sockets fail with an error whose `isTerminated` is true, those that wait
    /// included. The sockets stay open until their owners drop them.
    package func shutDown() {
        zmq_ctx_shutdown(handle)
    }

    deinit {
        while zmq_ctx_term(handle) != 0 && zmq_errno() == EINTR {}
    }
}
