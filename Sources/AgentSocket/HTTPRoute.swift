/// What a request's path asks for.
enum HTTPRoute: Equatable {
    case evaluate(key: String)
    case evaluateAll
    case explain(key: String)
    case health
    case readiness
    case metrics
    /// A path of ours that can't be read.
    case malformed(String)
    case unknown

    private static let flags = "/ofrep/v1/evaluate/flags"
    private static let explain = "/explain/"

    init(uri: String, surface: Surface) {
        let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        if surface != .probe, path.starts(with: Self.flags.utf8) {
            let rest = path.dropFirst(Self.flags.utf8.count)
            if rest.isEmpty || rest.elementsEqual("/".utf8) {
                self = .evaluateAll
                return
            }
            if rest.first == UInt8(ascii: "/") {
                // A slash is part of the key: stock clients don't escape it.
                self =
                    Self.decoded(rest.dropFirst()).map { .evaluate(key: $0) }
                    ?? .malformed("the flag key in the path is not percent-encoded UTF-8")
                return
            }
        }
        if surface != .probe, path.starts(with: Self.explain.utf8) {
            self =
                Self.decoded(path.dropFirst(Self.explain.utf8.count)).map { .explain(key: $0) }
                ?? .malformed("the flag key in the path is not percent-encoded UTF-8")
            return
        }
        if path.elementsEqual("/healthz".utf8) {
            self = .health
        } else if path.elementsEqual("/readyz".utf8) {
            self = .readiness
        } else if path.elementsEqual("/metrics".utf8) {
            self = .metrics
        } else {
            self = .unknown
        }
    }

    /// The methods of this route, as the header `Allow` lists them.
    var allow: StaticString {
        switch self {
        case .evaluate, .evaluateAll, .explain, .malformed: "POST"
        default: "GET, HEAD"
        }
    }

    var isLookup: Bool {
        switch self {
        case .evaluate, .evaluateAll, .explain, .malformed: true
        default: false
        }
    }

    private static func decoded(_ part: Substring.UTF8View) -> String? {
        guard part.contains(UInt8(ascii: "%")) else { return String(Substring(part)) }
        var bytes: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
