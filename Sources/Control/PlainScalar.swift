import JSON

/// What an unquoted YAML scalar means under the core schema of YAML 1.2 (section 10.3.2).
enum PlainScalar {
    case value(JSONValue)
    case problem(String)

    static func read(_ text: String) -> PlainScalar {
        switch text {
        case "", "~", "null", "Null", "NULL": return .value(.null)
        case "true", "True", "TRUE": return .value(.bool(true))
        case "false", "False", "FALSE": return .value(.bool(false))
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
            return .problem("\(text) has no place in JSON")
        default: return number(text) ?? .value(.string(text))
        }
    }

    private static func number(_ text: String) -> PlainScalar? {
        let bytes = Array(text.utf8)
        if bytes.starts(with: Array("0x".utf8)) { return integer(text, bytes.dropFirst(2), radix: 16) }
        if bytes.starts(with: Array("0o".utf8)) { return integer(text, bytes.dropFirst(2), radix: 8) }
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        if rest.isEmpty {
            guard !whole.isEmpty else { return nil }
            guard let value = Int64(text) else {
                return .problem("\(text) doesn't fit 64 bits, so it could not be carried exactly")
            }
            return .value(.integer(value))
        }
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard !rest.isEmpty, rest.allSatisfy(isDigit) else { return nil }
            rest = []
        }
        guard rest.isEmpty else { return nil }
        guard let value = Double(text), value.isFinite else { return .problem("\(text) is beyond a double's range") }
        return .value(.double(value))
    }

    private static func integer(_ text: String, _ digits: ArraySlice<UInt8>, radix: Int) -> PlainScalar? {
        let allowed = digits.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).hexDigitValue.map { $0 < radix } ?? false
        }
        guard !digits.isEmpty, allowed else { return nil }
        guard let value = Int64(String(decoding: digits, as: UTF8.self), radix: radix) else {
            return .problem("\(text) doesn't fit 64 bits, so it could not be carried exactly")
        }
        return .value(.integer(value))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
