import CLinux
import Glibc
import Synchronization

/// Ends another thread's wait in `PollSet.wait`. Any thread may wake, any number of times: the sleeper finds one wake-up.
///
/// An eventfd, since waking by an inproc PAIR loses wake-ups while the pair isn't connected yet.
package final class WakeUp: Sendable {
    let descriptor: Int32
    /// True from `wake` to `acknowledge`: saves the system call of every further `wake`.
    private let isPending = Atomic<Bool>(false)

    package init() throws(ZMQError) {
        descriptor = pilotlight_eventfd()
        guard descriptor >= 0 else { throw ZMQError("make an eventfd", code: errno) }
    }

    deinit { close(descriptor) }

    package func wake() {
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        while write(descriptor, &one, 8) < 0 && errno == EINTR {}
    }

    /// Called by the woken thread *before* it looks at what it was woken for: whoever hands over afterwards wakes again.
    package func acknowledge() {
        var count: UInt64 = 0
        while read(descriptor, &count, 8) < 0 && errno == EINTR {}
        // After the read: the other way round, a wake between the two would be read away with its mark left standing.
        _ = isPending.exchange(false, ordering: .acquiringAndReleasing)
    }
}
