/// What a request's path asks for.
enum HTTPRoute: Equatable {
    case evaluate(key: String)
    case evaluateAll
    case explain(key: String)
    case explainComponent(name: String)
    /// For a load balancer.
    case route(RouteQuery)
    case health
    case readiness
    case metrics
    /// A path of ours that can't be read.
    case malformed(String)
    /// A load balancer's, which can't be read.
    case malformedRoute(RouteQuery.Problem)
    case unknown

    private static let flags = "/ofrep/v1/evaluate/flags"
    private static let explain = "/explain"
    private static let route = "/route/"

    init(uri: String, surface: Surface) {
        let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        if surface != .probe, let lookup = Self.lookup(path, in: uri) {
            self = lookup
        } else if path.elementsEqual("/healthz".utf8) {
            self = .health
        } else if path.elementsEqual("/readyz".utf8) {
            self = .readiness
        } else if path.elementsEqual("/metrics".utf8) {
            self = .metrics
        } else {
            self = .unknown
        }
    }

    private static func lookup(_ path: Substring.UTF8View, in uri: String) -> HTTPRoute? {
        if let name = rest(of: path, behind: route) { return routeFor(name, query(behind: path, in: uri)) }
        if let rest = rest(of: path, behind: flags) {
            if rest.isEmpty || rest.elementsEqual("/".utf8) { return .evaluateAll }
            // A slash is part of the key: stock clients don't escape it.
            return rest.first == UInt8(ascii: "/") ? key(rest.dropFirst()) { .evaluate(key: $0) } : nil
        }
        if let rest = rest(of: path, behind: explain) {
            if rest.isEmpty { return explainFor(query(behind: path, in: uri)) }
            return rest.first == UInt8(ascii: "/") ? key(rest.dropFirst()) { .explain(key: $0) } : nil
        }
        return nil
    }

    private static func key(_ part: Substring.UTF8View, _ route: (String) -> HTTPRoute) -> HTTPRoute {
        PercentCoding.decoded(part).map(route) ?? .malformed("the flag key in the path is not percent-encoded UTF-8")
    }

    private static func routeFor(_ part: Substring.UTF8View, _ query: Substring.UTF8View) -> HTTPRoute {
        do throws(RouteQuery.Problem) {
            guard let name = PercentCoding.decoded(part) else {
                throw RouteQuery.Problem(detail: "the component's name in the path is not percent-encoded UTF-8")
            }
            guard !name.isEmpty else { throw RouteQuery.Problem(detail: "the path names no component") }
            return try .route(RouteQuery(component: name, query: query))
        } catch {
            return .malformedRoute(error)
        }
    }

    private static func explainFor(_ query: Substring.UTF8View) -> HTTPRoute {
        do throws(QueryParameters.Fault) {
            let parameters = try QueryParameters.read(query)
            guard parameters.count == 1, parameters[0].name == "component", !parameters[0].value.isEmpty else {
                return .malformed("say what to explain: /explain/KEY of a flag, or /explain?component=NAME")
            }
            return .explainComponent(name: parameters[0].value)
        } catch {
            return .malformed(error.detail)
        }
    }

    private static func rest(of path: Substring.UTF8View, behind prefix: String) -> Substring.UTF8View? {
        path.starts(with: prefix.utf8) ? path.dropFirst(prefix.utf8.count) : nil
    }

    /// What stands between the `?` behind the path and a `#`.
    private static func query(behind path: Substring.UTF8View, in uri: String) -> Substring.UTF8View {
        let rest = uri.utf8[path.endIndex...]
        guard rest.first == UInt8(ascii: "?") else { return rest.prefix(0) }
        return rest.dropFirst().prefix { $0 != UInt8(ascii: "#") }
    }

    /// The methods of this route, as the header `Allow` lists them.
    var allow: StaticString { isLookup ? "POST" : "GET, HEAD" }

    /// Whether it is asked with a body.
    var isLookup: Bool {
        switch self {
        case .evaluate, .evaluateAll, .explain, .explainComponent, .malformed: true
        case .route, .malformedRoute, .health, .readiness, .metrics, .unknown: false
        }
    }
}
