/// Recursive descent over bytes. Recursion is bounded by `maximumDepth`, so hostile nesting is refused before it can
/// exhaust the stack.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let purpose: JSONReader.Purpose
    let maximumDepth: Int
    var offset = 0
    private(set) var findings: [JSONFinding] = []

    /// Up to this many members are searched one by one for a duplicate; beyond it, through a hash table.
    private static let linearMembers = 16

    init(_ bytes: UnsafeBufferPointer<UInt8>, purpose: JSONReader.Purpose, maximumDepth: Int) {
        self.bytes = bytes
        self.purpose = purpose
        self.maximumDepth = maximumDepth
    }

    mutating func document() -> JSONValue? {
        do throws(JSONFinding) {
            try refuseByteOrderMark()
            skipSpace()
            guard offset < bytes.count else {
                throw JSONFinding(offset: offset, reason: "the text is empty; a JSON value was expected")
            }
            let root = try value(depth: 0)
            skipSpace()
            guard offset == bytes.count else {
                throw JSONFinding(
                    offset: offset, reason: "\(found(at: offset)) after the end of the JSON value; only one may stand")
            }
            return root
        } catch {
            findings.append(error)
            return nil
        }
    }

    mutating func report(_ finding: JSONFinding) { findings.append(finding) }

    @inline(__always)
    func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    @inline(__always)
    mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private func refuseByteOrderMark() throws(JSONFinding) {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONFinding(
                offset: 0, reason: "the text begins with a byte order mark; save it as UTF-8 without one (no BOM)")
        }
        if bytes.count >= 2, (bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF) {
            throw JSONFinding(offset: 0, reason: "the text is UTF-16; JSON is UTF-8: convert it (no BOM either)")
        }
    }

    private mutating func value(depth: Int) throws(JSONFinding) -> JSONValue {
        guard let byte = byte(at: offset) else {
            throw JSONFinding(offset: offset, reason: "the text ends where a value was expected")
        }
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth: try deeper(depth)))
        case UInt8(ascii: "["): return .array(try array(depth: try deeper(depth)))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: throw unexpected("a value was expected")
        }
    }

    private func deeper(_ depth: Int) throws(JSONFinding) -> Int {
        guard depth < maximumDepth else {
            throw JSONFinding(offset: offset, reason: "nested deeper than \(maximumDepth) levels; flatten it")
        }
        return depth + 1
    }

    private mutating func word(_ word: StaticString) throws(JSONFinding) {
        let length = word.utf8CodeUnitCount
        for index in 0..<length {
            guard byte(at: offset + index) == word.utf8Start[index] else {
                throw unexpected("\(word) was expected")
            }
        }
        offset += length
    }

    private mutating func array(depth: Int) throws(JSONFinding) -> [JSONValue] {
        offset += 1
        var elements: [JSONValue] = []
        skipSpace()
        if byte(at: offset) == UInt8(ascii: "]") {
            offset += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            switch byte(at: offset) {
            case UInt8(ascii: ","):
                let comma = offset
                offset += 1
                skipSpace()
                if byte(at: offset) == UInt8(ascii: "]") { throw trailingComma(at: comma) }
            case UInt8(ascii: "]"):
                offset += 1
                return elements
            case nil: throw JSONFinding(offset: offset, reason: "the text ends inside an array; a ] is missing")
            default: throw unexpected("a comma or ] was expected")
            }
        }
    }

    private mutating func object(depth: Int) throws(JSONFinding) -> JSONObject {
        offset += 1
        skipSpace()
        if byte(at: offset) == UInt8(ascii: "}") {
            offset += 1
            return JSONObject()
        }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(4)
        var keyOffsets: [Int] = []
        var index: [ExactString: Int] = [:]
        while true {
            guard byte(at: offset) == UInt8(ascii: "\"") else {
                throw offset == bytes.count
                    ? JSONFinding(offset: offset, reason: "the text ends inside an object; a } is missing")
                    : unexpected("a key in double quotes was expected")
            }
            let keyOffset = offset
            let key = try string()
            skipSpace()
            guard byte(at: offset) == UInt8(ascii: ":") else { throw unexpected("a colon after the key was expected") }
            offset += 1
            skipSpace()
            let value = try value(depth: depth)
            if let earlier = Self.position(of: key, in: members, index: &index) {
                members[earlier].value = value
                if purpose == .document {
                    findings.append(
                        JSONFinding(
                            offset: keyOffset, reason: "the key \"\(Self.shortened(key))\" stands twice in one object",
                            earlierOffset: keyOffsets[earlier]))
                }
            } else {
                members.append(JSONObject.Member(key: key, value: value))
                if purpose == .document { keyOffsets.append(keyOffset) }
            }
            skipSpace()
            switch byte(at: offset) {
            case UInt8(ascii: ","):
                let comma = offset
                offset += 1
                skipSpace()
                if byte(at: offset) == UInt8(ascii: "}") { throw trailingComma(at: comma) }
            case UInt8(ascii: "}"):
                offset += 1
                return JSONObject(members: members)
            case nil: throw JSONFinding(offset: offset, reason: "the text ends inside an object; a } is missing")
            default: throw unexpected("a comma or } was expected")
            }
        }
    }

    /// The index of an earlier member with this key; `index` is filled from the 17th member on.
    @inline(__always)
    private static func position(
        of key: String, in members: [JSONObject.Member], index: inout [ExactString: Int]
    ) -> Int? {
        if members.count <= linearMembers {
            for position in members.indices where members[position].key.isExactly(key) { return position }
            return nil
        }
        for position in index.count..<members.count { index[ExactString(members[position].key)] = position }
        return index[ExactString(key)]
    }

    private func trailingComma(at comma: Int) -> JSONFinding {
        JSONFinding(offset: comma, reason: "a comma with nothing after it; remove it")
    }

    func unexpected(_ expected: String) -> JSONFinding {
        guard offset < bytes.count else {
            return JSONFinding(offset: offset, reason: "the text ends where \(expected)")
        }
        let hint: String
        switch bytes[offset] {
        case UInt8(ascii: "/"), UInt8(ascii: "#"): hint = " (JSON has no comments)"
        case UInt8(ascii: "'"): hint = " (JSON takes double quotes only)"
        default: hint = ""
        }
        return JSONFinding(offset: offset, reason: "\(found(at: offset)) where \(expected)\(hint)")
    }

    /// Names what stands at `index`, invalid UTF-8 included.
    func found(at index: Int) -> String {
        let byte = bytes[index]
        if byte >= 0x80 {
            guard let length = JSONParser.validSequence(in: bytes, at: index) else {
                return "invalid UTF-8 (byte 0x\(String(byte, radix: 16)) at offset \(index))"
            }
            let slice = UnsafeBufferPointer(rebasing: bytes[index..<index + length])
            return "\"\(String(decoding: slice, as: UTF8.self))\""
        }
        if byte < 0x20 || byte == 0x7F { return "a control character (0x\(String(byte, radix: 16)))" }
        return "\"\(Character(UnicodeScalar(byte)))\""
    }

    /// Keys in messages stay readable however long they are.
    static func shortened(_ key: String) -> String {
        key.unicodeScalars.count <= 80 ? key : String(String.UnicodeScalarView(key.unicodeScalars.prefix(80))) + "…"
    }
}
