import Glibc

/// A string compared and hashed by its UTF-8 bytes.
///
/// Swift's own `==` follows Unicode's canonical equivalence, under which "é" and "e" + U+0301 are one key. Stores,
/// digests and other languages compare bytes, so every dictionary over keys from outside uses this.
package struct ExactString: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(stringLiteral text: String) { self.text = text }

    package var description: String { text }

    package static func == (left: ExactString, right: ExactString) -> Bool { left.text.isExactly(right.text) }

    package static func < (left: ExactString, right: ExactString) -> Bool { left.text.precedesInBytes(right.text) }

    package func hash(into hasher: inout Hasher) {
        let hashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if hashed == nil {
            for byte in text.utf8 { hasher.combine(byte) }
        }
        hasher.combine(UInt8(0xFF))
    }
}

extension String {
    /// True if both hold the same UTF-8 bytes.
    package func isExactly(_ other: String) -> Bool {
        let count = utf8.count
        guard count == other.utf8.count else { return false }
        return comparedInBytes(other, over: count) == 0
    }

    /// The order of UTF-8 bytes, which is also the order of Unicode code points.
    package func precedesInBytes(_ other: String) -> Bool {
        let mine = utf8.count
        let theirs = other.utf8.count
        let order = comparedInBytes(other, over: min(mine, theirs))
        return order == 0 ? mine < theirs : order < 0
    }

    /// memcmp over the first `count` bytes; both have at least so many.
    private func comparedInBytes(_ other: String, over count: Int) -> Int32 {
        let order = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return Int32(0) }
                return memcmp(a, b, count)
            }
        }
        if let order, let order { return order }
        for (a, b) in zip(utf8, other.utf8) where a != b { return a < b ? -1 : 1 }
        return 0
    }
}
