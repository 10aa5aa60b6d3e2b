import Glibc

/// A host to listen on, resolved once for all three ports: libzmq binds numbers only, and whether other machines can reach
/// it is told by the number, not by the name.
struct ListenAddress: Sendable, Hashable {
    /// `127.0.0.1` or `::1`.
    let number: String
    let isIPv6: Bool

    init(_ host: String) throws(ControlError) {
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &found)
        guard code == 0, let first = found else {
            throw .binding(address: host, reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(found) }
        // `localhost` may mean both: IPv4 is what agents are told to reach by default.
        var chosen = first
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let candidate = next {
            if candidate.pointee.ai_family == AF_INET {
                chosen = candidate
                break
            }
            next = candidate.pointee.ai_next
        }
        var text = [CChar](repeating: 0, count: 64)
        let status = getnameinfo(
            chosen.pointee.ai_addr, chosen.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard status == 0 else { throw .binding(address: host, reason: String(cString: gai_strerror(status))) }
        number = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        isIPv6 = chosen.pointee.ai_family == AF_INET6
    }

    /// Only this machine reaches it.
    var isLoopback: Bool { isIPv6 ? number == "::1" : number.hasPrefix("127.") }

    /// `tcp://127.0.0.1:7461`
    func endpoint(port: Int) -> String { isIPv6 ? "tcp://[\(number)]:\(port)" : "tcp://\(number):\(port)" }
}
