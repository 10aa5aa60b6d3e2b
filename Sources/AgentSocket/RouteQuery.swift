import Flags

/// What a load balancer asks: which version of a component, for whom.
struct RouteQuery: Equatable {
    /// Where the targeting key stands in the request.
    enum Place: Equatable {
        /// In the request header of this name.
        case header(String)
        /// In the cookie of this name, which is given to whoever has none.
        case cookie(String, isSecure: Bool)
    }

    /// Why a query says no place.
    struct Problem: Error, Equatable {
        var detail: String

        static let hint = "GET /route/COMPONENT?header=NAME or ?cookie=NAME: where the targeting key stands"
    }

    /// The key that the component is decided under.
    var flagKey: String
    var place: Place

    init(component: String, place: Place) {
        flagKey = ComponentKey.flagKey(of: component)
        self.place = place
    }

    /// Reads `header=NAME`, or `cookie=NAME` and perhaps `secure=1`.
    init(component: String, query: Substring.UTF8View) throws(Problem) {
        var (header, cookie, secure): (String?, String?, String?) = (nil, nil, nil)
        let parameters: [(name: String, value: String)]
        do throws(QueryParameters.Fault) {
            parameters = try QueryParameters.read(query)
        } catch {
            throw Problem(detail: error.detail)
        }
        for (name, value) in parameters {
            switch name {
            case "header" where header == nil: header = value
            case "cookie" where cookie == nil: cookie = value
            case "secure" where secure == nil: secure = value
            case "header", "cookie", "secure": throw Problem(detail: "the query says \(name) twice: say it once")
            default:
                throw Problem(detail: "the query parameter \"\(name)\" is not known: say header, cookie or secure")
            }
        }
        switch (header, cookie) {
        case (let name?, nil):
            try Self.check(name, of: "header")
            guard secure == nil else {
                throw Problem(detail: "secure=1 is of the cookie that is given: say it with cookie=NAME, or leave it")
            }
            self.init(component: component, place: .header(name))
        case (nil, let name?):
            try Self.check(name, of: "cookie")
            guard secure == nil || secure == "0" || secure == "1" else {
                throw Problem(detail: "secure=\(secure ?? "") is neither 1 nor 0")
            }
            let isSecure = secure == "1"
            guard isSecure || !Self.needsSecure(name) else {
                throw Problem(
                    detail: "browsers take a cookie named \(name) with the attribute Secure only: add &secure=1")
            }
            self.init(component: component, place: .cookie(name, isSecure: isSecure))
        case (nil, nil): throw Problem(detail: "the query doesn't say where the targeting key stands")
        case (_?, _?): throw Problem(detail: "the query says header and cookie: say one of them")
        }
    }

    private static func check(_ name: String, of what: String) throws(Problem) {
        guard !name.isEmpty else { throw Problem(detail: "\(what)= has no name behind it") }
        guard name.utf8.count <= longestName else {
            throw Problem(detail: "the \(what)'s name has \(name.utf8.count) bytes; at most \(longestName) are taken")
        }
        guard name.utf8.allSatisfy(isTokenByte) else {
            throw Problem(detail: "\"\(name)\" can't name a \(what): letters, digits and !#$%&'*+-.^_`|~")
        }
    }

    private static let longestName = 256

    /// RFC 9110 §5.6.2, `tchar`.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Names that promise it (RFC 6265bis §4.1.3): without it the cookie is dropped, and nobody keeps a side.
    private static func needsSecure(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("__secure-") || name.hasPrefix("__host-")
    }
}
