extension JSONParser {
    /// Powers of ten that a double holds exactly.
    private static let exactPowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// Reads the number that begins at `offset`, without loss where 64 bits allow it.
    mutating func number() throws(JSONFinding) -> JSONValue {
        let start = offset
        let negative = bytes[offset] == UInt8(ascii: "-")
        if negative { offset += 1 }

        var mantissa: UInt64 = 0
        var overflow = false
        let digits = offset
        takeDigits(into: &mantissa, overflow: &overflow)
        guard offset > digits else {
            throw JSONFinding(offset: start, reason: "a minus sign without digits after it")
        }
        if bytes[digits] == UInt8(ascii: "0"), offset > digits + 1 {
            throw JSONFinding(offset: start, reason: "a number can't begin with 0; remove the leading zeros")
        }

        var exponent = 0
        var whole = true
        if byte(at: offset) == UInt8(ascii: ".") {
            whole = false
            offset += 1
            let fraction = offset
            takeDigits(into: &mantissa, overflow: &overflow)
            guard offset > fraction else {
                throw JSONFinding(offset: start, reason: "a decimal point without digits after it")
            }
            exponent = fraction - offset
        }
        if let letter = byte(at: offset), letter | 0x20 == UInt8(ascii: "e") {
            whole = false
            offset += 1
            exponent += try writtenExponent(of: start)
        }

        if whole {
            if !overflow, let integer = Self.integer(mantissa, negative: negative) { return .integer(integer) }
            if purpose == .document {
                report(
                    JSONFinding(
                        offset: start,
                        reason: "the integer \(Self.shortened(text(from: start))) doesn't fit 64 bits and can't be "
                            + "carried exactly; write it as a string"))
            }
        }
        // Clinger's fast path: both operands are exact, so one IEEE operation rounds correctly.
        if !overflow, mantissa <= 1 << 53, (-22...22).contains(exponent) {
            let power = Self.exactPowers[abs(exponent)]
            let value = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
            return .double(negative ? -value : value)
        }
        guard let value = Double(text(from: start)), value.isFinite else {
            throw JSONFinding(
                offset: start,
                reason: "the number \(Self.shortened(text(from: start))) is too large for double precision")
        }
        return .double(value)
    }

    private mutating func takeDigits(into mantissa: inout UInt64, overflow: inout Bool) {
        while offset < bytes.count {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit <= 9 else { return }
            let (tens, first) = mantissa.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(UInt64(digit))
            overflow = overflow || first || second
            mantissa = sum
            offset += 1
        }
    }

    /// Reads sign and digits after the `e`. Capped, since beyond that the value is zero or infinite anyway.
    private mutating func writtenExponent(of start: Int) throws(JSONFinding) -> Int {
        var sign = 1
        if let byte = byte(at: offset), byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
            sign = byte == UInt8(ascii: "-") ? -1 : 1
            offset += 1
        }
        let digits = offset
        var value = 0
        while offset < bytes.count, case let digit = bytes[offset] &- UInt8(ascii: "0"), digit <= 9 {
            value = min(value * 10 + Int(digit), 1_000_000)
            offset += 1
        }
        guard offset > digits else {
            throw JSONFinding(offset: start, reason: "an exponent without digits after it")
        }
        return sign * value
    }

    private func text(from start: Int) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
    }

    private static func integer(_ magnitude: UInt64, negative: Bool) -> Int64? {
        if !negative { return Int64(exactly: magnitude) }
        if magnitude == Int64.min.magnitude { return .min }
        return Int64(exactly: magnitude).map { -$0 }
    }
}
