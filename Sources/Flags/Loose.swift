import JSON

/// JSONLogic's coercions as flagd's Go engine (diegoholiveira/jsonlogic v3) has them.
enum Loose {
    /// Falsy: false, 0, "", null, [] and {}. "0" is truthy.
    static func isTrue(_ value: JSONValue) -> Bool {
        switch value {
        case .null: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .double(let value): value != 0
        case .string(let value): !value.isEmpty
        case .array(let value): !value.isEmpty
        case .object(let value): !value.isEmpty
        }
    }

    /// JavaScript's Number(): null and blank text are 0, what can't be read is NaN, and so are arrays and objects.
    static func number(_ value: JSONValue) -> Double {
        switch value {
        case .null: 0
        case .bool(let value): value ? 1 : 0
        case .integer(let value): Double(value)
        case .double(let value): value
        case .string(let value): isBlank(value) ? 0 : NumberText.parse(value) ?? .nan
        case .array, .object: .nan
        }
    }

    /// `==`: null equals only null, strings are compared as strings, all else as numbers.
    static func equal(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.null, _), (_, .null): false
        case (.string(let a), .string(let b)): a.isExactly(b)
        default: number(a) == number(b)
        }
    }

    /// `===`: as `==`, and both of one kind.
    static func identical(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, _), (_, .null), (.string, .string), (.bool, .bool): equal(a, b)
        case (.integer, .integer), (.double, .double), (.integer, .double), (.double, .integer): equal(a, b)
        default: false
        }
    }

    /// `<`: two strings in code point order, all else as numbers; a comparison with NaN is false.
    static func less(_ a: JSONValue, _ b: JSONValue) -> Bool {
        if case .string(let a) = a, case .string(let b) = b { return a.precedesInBytes(b) }
        return number(a) < number(b)
    }

    static func lessOrEqual(_ a: JSONValue, _ b: JSONValue) -> Bool { less(a, b) || equal(a, b) }

    /// `in`: a substring of a string, or an element of an array. An element that is itself an array `[low, high]` is a
    /// range of numbers.
    static func contains(_ needle: JSONValue, in haystack: JSONValue) throws(TargetingFault) -> Bool {
        switch haystack {
        case .string(let text):
            guard case .string(let part) = needle else {
                throw TargetingFault("\"in\" looks for \(needle.kindText) in a string; it can only look for a string")
            }
            return TextSearch.contains(part, in: text)
        case .array(let elements):
            for element in elements where try matches(needle, element) { return true }
            return false
        default: return false
        }
    }

    private static func matches(_ needle: JSONValue, _ element: JSONValue) throws(TargetingFault) -> Bool {
        switch (needle, element) {
        case (_, .array(let range)):
            guard range.count >= 2 else {
                throw TargetingFault("\"in\" met the array \(element.compactText()); a range is [lowest, highest]")
            }
            let value = try size(needle)
            let lowest = try size(range[0])
            let highest = try size(range[1])
            return value >= lowest && highest >= value
        case (.integer, _), (.double, _): return try size(element) == number(needle)
        case (.string(let a), .string(let b)): return a.isExactly(b)
        case (.bool(let a), .bool(let b)): return a == b
        case (.null, .null): return true
        case (.object, .object): throw TargetingFault("\"in\" can't compare two objects")
        default: return false
        }
    }

    /// The engine's stricter conversion: a text that is no number counts as 0, and only numbers and texts have one.
    private static func size(_ value: JSONValue) throws(TargetingFault) -> Double {
        switch value {
        case .integer(let value): return Double(value)
        case .double(let value): return value
        case .string(let text): return NumberText.parse(text) ?? 0
        default: throw TargetingFault("\"in\" can't compare a number with \(value.kindText)")
        }
    }

    /// A text as `cat` takes it: numbers without an exponent, null as nothing.
    static func text(_ value: JSONValue, for name: String) throws(TargetingFault) -> String {
        switch value {
        case .string(let text): return text
        case .integer(let value): return String(value)
        case .double(let value): return NumberText.plain(value)
        case .null: return ""
        default: throw TargetingFault("\"\(name)\" got \(value.kindText); it takes texts and numbers")
        }
    }

    /// Without the white space around it.
    static func trimmed(_ text: String) -> String {
        let isSpace = { (point: Unicode.Scalar) in point.properties.isWhitespace }
        let points = text.unicodeScalars
        guard let first = points.first, let last = points.last, isSpace(first) || isSpace(last) else { return text }
        guard let start = points.firstIndex(where: { !isSpace($0) }),
            let end = points.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(points[start...end])
    }

    private static func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.isWhitespace }
    }

    /// The engine's stricter conversion again, for the operators over numbers.
    @inline(__always)
    static func strictNumber(_ value: JSONValue, for name: String) throws(TargetingFault) -> Double {
        switch value {
        case .integer(let value): return Double(value)
        case .double(let value): return value
        case .string(let text): return NumberText.parse(text) ?? 0
        default: throw TargetingFault("\"\(name)\" got \(value.kindText); it takes numbers")
        }
    }
}
