/// Finds where in a text a pointer leads. Nothing is kept while reading for this: the text is walked again, only when
/// a problem has to be placed.
package enum JSONLocator {
    /// The place of the value at `pointer`, or of its nearest ancestor that stands in the text (a missing member is
    /// thus placed at the object it is missing from). Nil if the text isn't JSON. Of duplicate keys the last counts,
    /// as it does for the reader.
    package static func position(of pointer: JSONPointer, in bytes: [UInt8]) -> JSONPosition? {
        bytes.withUnsafeBytes { raw in
            guard let offset = offset(of: pointer, in: raw) else { return nil }
            return JSONPosition(offset: offset, in: raw)
        }
    }

    private static func offset(of pointer: JSONPointer, in raw: UnsafeRawBufferPointer) -> Int? {
        raw.withMemoryRebound(to: UInt8.self) { bytes in
            var walk = JSONParser(bytes, purpose: .context, maximumDepth: .max)
            do throws(JSONFinding) {
                walk.skipSpace()
                var offset = walk.offset
                for token in pointer.tokens {
                    guard let next = try child(token, of: offset, in: &walk) else { return offset }
                    offset = next
                }
                return offset < bytes.count ? offset : nil
            } catch {
                return nil
            }
        }
    }

    /// The offset of the member or element `token` of the value at `offset`.
    private static func child(
        _ token: String, of offset: Int, in walk: inout JSONParser
    ) throws(JSONFinding) -> Int? {
        walk.offset = offset
        guard let opening = walk.byte(at: offset) else { return nil }
        let isObject = opening == UInt8(ascii: "{")
        guard isObject || opening == UInt8(ascii: "[") else { return nil }
        walk.offset += 1
        var found: Int?
        var index = 0
        while true {
            walk.skipSpace()
            switch walk.byte(at: walk.offset) {
            case UInt8(ascii: ","): walk.offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): return found
            case nil: throw JSONFinding(offset: walk.offset, reason: "the text ends inside a value")
            default:
                if isObject {
                    let key = try walk.string()
                    walk.skipSpace()
                    walk.offset += 1
                    walk.skipSpace()
                    if key.isExactly(token) { found = walk.offset }
                } else {
                    if String(index) == token { return walk.offset }
                    index += 1
                }
                try skipValue(in: &walk)
            }
        }
    }

    /// Moves behind the value at the walk's offset, without recursion.
    private static func skipValue(in walk: inout JSONParser) throws(JSONFinding) {
        var open = 0
        repeat {
            switch walk.byte(at: walk.offset) {
            case nil: throw JSONFinding(offset: walk.offset, reason: "the text ends inside a value")
            case UInt8(ascii: "\""): _ = try walk.string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open += 1
                walk.offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                open -= 1
                walk.offset += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D: walk.offset += 1
            default: skipScalar(in: &walk)
            }
        } while open > 0
    }

    private static func skipScalar(in walk: inout JSONParser) {
        while let byte = walk.byte(at: walk.offset) {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x09, 0x0A, 0x0D: return
            default: walk.offset += 1
            }
        }
    }
}
