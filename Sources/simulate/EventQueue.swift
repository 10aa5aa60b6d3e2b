/// The virtual clock and what is still to happen, in order of time and, at the same time, in the order it was asked for.
/// A binary heap.
struct EventQueue {
    typealias Action = () -> Void

    private struct Scheduled {
        var time: UInt64
        var order: UInt64
        var action: Action

        func precedes(_ other: Scheduled) -> Bool {
            time == other.time ? order < other.order : time < other.time
        }
    }

    /// Virtual milliseconds since the run began.
    private(set) var now: UInt64 = 0
    private(set) var count: UInt64 = 0
    private var heap: [Scheduled] = []
    private var nextOrder: UInt64 = 0

    mutating func schedule(at time: UInt64, _ action: @escaping Action) {
        heap.append(Scheduled(time: max(time, now), order: nextOrder, action: action))
        nextOrder += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The next event, the clock moved to its time; nil when nothing is left.
    mutating func next() -> Action? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least])
            {
                least = child
            }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        now = first.time
        count += 1
        return first.action
    }
}
