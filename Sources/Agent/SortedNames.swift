import Foundation
import Glibc

/// Names in the order of their bytes. In one piece of memory: to sort a million strings is mostly to count who refers
/// to them.
struct SortedNames {
    private struct Place {
        var start: Int
        var count: Int
    }

    private var bytes: [UInt8] = []
    private var places: [Place] = []

    init(_ lists: [[String]]) {
        places.reserveCapacity(lists.reduce(0) { $0 + $1.count })
        for name in lists.joined() {
            places.append(Place(start: bytes.count, count: name.utf8.count))
            bytes.append(contentsOf: name.utf8)
        }
        bytes.withUnsafeBufferPointer { bytes in
            guard let first = bytes.baseAddress else { return }
            places.sort { a, b in
                let order = memcmp(first + a.start, first + b.start, min(a.count, b.count))
                return order == 0 ? a.count < b.count : order < 0
            }
        }
    }

    func forEach(_ body: (Data) throws -> Void) rethrows {
        for place in places { try body(Data(bytes[place.start..<place.start + place.count])) }
    }
}
