import JSON

/// A version as sem_ver compares them: Semantic Versioning 2.0, where `1` and `1.2` stand for 1.0.0 and 1.2.0. Numbers
/// may be of any length.
struct SemanticVersion: Sendable {
    /// Where the parts stand in the text's UTF-8.
    private let text: String
    private let major: Range<Int>
    private let minor: Range<Int>
    private let patch: Range<Int>
    private let prerelease: Range<Int>

    /// One leading v or V is let go. Nil for what is no version; numbers count as their decimal text.
    init?(_ value: JSONValue) {
        switch value {
        case .string(let text): self.init(text)
        case .integer(let number): self.init(String(number))
        case .double(let number): self.init(NumberText.json(number))
        default: return nil
        }
    }

    init?(_ text: String) {
        var text = text
        guard let parts = text.withUTF8({ Self.parts(of: $0) }) else { return nil }
        self.text = text
        (major, minor, patch, prerelease) = parts
    }

    private static func parts(
        of bytes: UnsafeBufferPointer<UInt8>
    ) -> (Range<Int>, Range<Int>, Range<Int>, Range<Int>)? {
        var at = 0
        if let first = bytes.first, first | 0x20 == UInt8(ascii: "v") { at = 1 }
        guard let major = number(bytes, &at) else { return nil }
        let none = at..<at
        if at == bytes.count { return (major, none, none, none) }
        guard take(".", bytes, &at), let minor = number(bytes, &at) else { return nil }
        if at == bytes.count { return (major, minor, none, none) }
        guard take(".", bytes, &at), let patch = number(bytes, &at) else { return nil }
        var prerelease = none
        if take("-", bytes, &at) {
            guard let found = identifiers(bytes, &at, areCompared: true) else { return nil }
            prerelease = found
        }
        if take("+", bytes, &at), identifiers(bytes, &at, areCompared: false) == nil { return nil }
        return at == bytes.count ? (major, minor, patch, prerelease) : nil
    }

    private static func take(_ mark: UnicodeScalar, _ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Bool {
        guard at < bytes.count, bytes[at] == UInt8(ascii: mark) else { return false }
        at += 1
        return true
    }

    /// Digits without a leading zero.
    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Range<Int>? {
        let start = at
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
        let isSound = at > start && (bytes[start] != UInt8(ascii: "0") || at == start + 1)
        return isSound ? start..<at : nil
    }

    /// Letters, digits and dashes with dots between them.
    private static func identifiers(
        _ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int, areCompared: Bool
    ) -> Range<Int>? {
        let start = at
        while true {
            let first = at
            var isNumber = true
            while at < bytes.count, isIdentifier(bytes[at]) {
                if !isDigit(bytes[at]) { isNumber = false }
                at += 1
            }
            if at == first { return nil }
            if areCompared, isNumber, at > first + 1, bytes[first] == UInt8(ascii: "0") { return nil }
            guard at < bytes.count, bytes[at] == UInt8(ascii: ".") else { return start..<at }
            at += 1
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "-")
    }

    /// Below, at or above 0 as this version is before, the same as or after `other`; by its first `parts` numbers only
    /// where that is 1 or 2.
    func order(_ other: SemanticVersion, parts: Int = 3) -> Int {
        var mine = text
        var theirs = other.text
        return mine.withUTF8 { a in
            theirs.withUTF8 { b in
                var order = Self.order(Self.slice(a, major), Self.slice(b, other.major))
                if order != 0 || parts == 1 { return order }
                order = Self.order(Self.slice(a, minor), Self.slice(b, other.minor))
                if order != 0 || parts == 2 { return order }
                order = Self.order(Self.slice(a, patch), Self.slice(b, other.patch))
                if order != 0 { return order }
                return Self.prereleaseOrder(Self.slice(a, prerelease), Self.slice(b, other.prerelease))
            }
        }
    }

    private static func slice(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[range])
    }

    /// Of numbers without leading zeros; a missing one is 0.
    private static func order(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        let isZero = { (digits: UnsafeBufferPointer<UInt8>) in digits.isEmpty || digits[0] == UInt8(ascii: "0") }
        if isZero(a) || isZero(b) { return (isZero(a) ? 0 : 1) - (isZero(b) ? 0 : 1) }
        if a.count != b.count { return a.count - b.count }
        return textOrder(a, b)
    }

    private static func textOrder(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        for (x, y) in zip(a, b) where x != y { return x < y ? -1 : 1 }
        return a.count - b.count
    }

    /// A version without one comes after those with one.
    private static func prereleaseOrder(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        if a.isEmpty || b.isEmpty { return (a.isEmpty ? 1 : 0) - (b.isEmpty ? 1 : 0) }
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            let x = identifier(a, &i)
            let y = identifier(b, &j)
            let order: Int
            switch (x.allSatisfy(isDigit), y.allSatisfy(isDigit)) {
            case (true, true): order = Self.order(x, y)
            case (true, false): order = -1
            case (false, true): order = 1
            case (false, false): order = textOrder(x, y)
            }
            if order != 0 { return order }
        }
        return (i < a.count ? 1 : 0) - (j < b.count ? 1 : 0)
    }

    /// The next identifier; goes behind the dot after it.
    private static func identifier(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> UnsafeBufferPointer<UInt8> {
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: ".") { at += 1 }
        defer { at += 1 }
        return slice(bytes, start..<at)
    }
}
