import CZeroMQ
import Glibc

/// What one thread waits for: some of its sockets, and wake-ups from other threads. Sockets must outlive the set.
package struct PollSet {
    /// The place of a socket or wake-up in the set.
    package struct Entry: Sendable, Hashable {
        fileprivate let index: Int
    }

    private var items: [zmq_pollitem_t] = []

    package init() {}

    /// Waits for messages on `socket`, and with `forSending` until it takes messages, too.
    package mutating func add(_ socket: borrowing ZMQSocket, forSending: Bool = false) -> Entry {
        append(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Self.events(forSending), revents: 0))
    }

    /// Waits for events of a socket whose monitor was started.
    package mutating func addMonitor(of socket: borrowing ZMQSocket) -> Entry? {
        socket.monitorHandle.map { append(zmq_pollitem_t(socket: $0, fd: 0, events: Self.events(false), revents: 0)) }
    }

    package mutating func add(_ wakeUp: WakeUp) -> Entry {
        append(zmq_pollitem_t(socket: nil, fd: wakeUp.descriptor, events: Self.events(false), revents: 0))
    }

    /// Changes whether to wait until the socket takes messages.
    package mutating func set(_ entry: Entry, forSending: Bool) {
        items[entry.index].events = Self.events(forSending)
    }

    /// Waits until something is ready, at most `milliseconds`; for ever with a negative number. False when nothing is.
    package mutating func wait(milliseconds: Int) throws(ZMQError) -> Bool {
        let ready = zmq_poll(&items, Int32(items.count), milliseconds)
        if ready >= 0 { return ready > 0 }
        let error = ZMQError.last("poll")
        guard error.code == EINTR else { throw error }
        for index in items.indices { items[index].revents = 0 }
        return false
    }

    package func isReadable(_ entry: Entry) -> Bool { items[entry.index].revents & Int16(ZMQ_POLLIN) != 0 }

    package func isWritable(_ entry: Entry) -> Bool { items[entry.index].revents & Int16(ZMQ_POLLOUT) != 0 }

    private mutating func append(_ item: zmq_pollitem_t) -> Entry {
        items.append(item)
        return Entry(index: items.count - 1)
    }

    private static func events(_ forSending: Bool) -> Int16 {
        Int16(ZMQ_POLLIN) | (forSending ? Int16(ZMQ_POLLOUT) : 0)
    }
}
