/// The newest deltas in their encoded form, as far back as their bytes may take up room: what catch-ups are answered from.
package struct RecentDeltas: Sendable {
    package struct Item: Sendable {
        package var number: UInt64
        package var digest: Digest
        package var bytes: [UInt8]

        package init(_ delta: Delta, bytes: [UInt8]) {
            number = delta.revision.number
            digest = delta.digest
            self.bytes = bytes
        }
    }

    private var items: [Item] = []
    /// Items before this index are dropped; the array is compacted now and then, so that dropping costs nothing.
    private var first = 0
    private var byteCount = 0
    private let maximumBytes: Int
    private let maximumCount: Int

    package init(maximumBytes: Int = 32 << 20, maximumCount: Int = 65_536) {
        self.maximumBytes = maximumBytes
        self.maximumCount = maximumCount
    }

    package var count: Int { items.count - first }

    /// The lowest number held; nil when empty.
    package var oldest: UInt64? { count > 0 ? items[first].number : nil }

    /// `item` must bear the number that follows the newest one; anything else begins anew with it.
    package mutating func append(_ item: Item) {
        if let last = items.last, count > 0, last.number + 1 != item.number { removeAll() }
        items.append(item)
        byteCount += item.bytes.count
        while count > 1, byteCount > maximumBytes || count > maximumCount {
            byteCount -= items[first].bytes.count
            items[first].bytes = []
            first += 1
        }
        if first > 1_024, first > items.count / 2 {
            items.removeFirst(first)
            first = 0
        }
    }

    package mutating func removeAll() {
        items = []
        first = 0
        byteCount = 0
    }

    package subscript(number: UInt64) -> Item? {
        guard let oldest, number >= oldest, number - oldest < UInt64(count) else { return nil }
        return items[first + Int(number - oldest)]
    }
}
