import JSON

/// The decimal texts of numbers as Go's encoding/json and strconv write them, on which flagd's variant names rest.
enum NumberText {
    /// `1` for both 1 and 1.0; exponents only below 1e-6 and from 1e21 on.
    static func json(_ value: Double) -> String {
        let size = abs(value)
        if size != 0, size < 1e-6 || size >= 1e21 {
            let (digits, point) = decimal(size)
            let fraction = digits.dropFirst()
            let exponent = point - 1
            return (value < 0 ? "-" : "") + String(digits.prefix(1)) + (fraction.isEmpty ? "" : "." + fraction)
                + "e" + (exponent < 0 ? "-" : "+") + String(abs(exponent))
        }
        return plain(value)
    }

    /// Never an exponent.
    static func plain(_ value: Double) -> String {
        guard value.isFinite else { return value.description }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0" }
        let (digits, point) = decimal(abs(value))
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// Shortest digits, none of them a leading or trailing zero, and where the point stands before or after them.
    private static func decimal(_ value: Double) -> (digits: String, point: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        var digits = Substring(mantissa.joined())
        while digits.first == "0" {
            digits = digits.dropFirst()
            point -= 1
        }
        while digits.last == "0" { digits = digits.dropLast() }
        return (String(digits), point)
    }

    /// Go's strconv.ParseFloat; nil where that reports a syntax error. No surrounding space is allowed.
    static func parse(_ text: String) -> Double? {
        var rest = Substring(text).utf8
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard let first = rest.first else { return nil }
        switch first | 0x20 {
        case UInt8(ascii: "i"):
            let name = Substring(rest).lowercased()
            guard name == "inf" || name == "infinity" else { return nil }
            return text.utf8.first == UInt8(ascii: "-") ? -.infinity : .infinity
        case UInt8(ascii: "n"): return text.lowercased() == "nan" ? .nan : nil
        default: break
        }
        let hexadecimal = rest.starts(with: "0x".utf8) || rest.starts(with: "0X".utf8)
        if hexadecimal {
            // Go wants the binary exponent that Swift lets one leave out.
            return rest.contains { $0 | 0x20 == UInt8(ascii: "p") } ? Double(text) : nil
        }
        let plain = rest.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
                UInt8(ascii: "+"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return plain ? Double(text) : nil
    }
}
