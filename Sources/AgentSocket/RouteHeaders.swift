import NIOCore

/// What the answer to a load balancer bears besides the state.
struct RouteHeaders {
    /// A targeting key for somebody who came without one.
    struct Issued {
        var key: String
        var cookie: String
        var isSecure: Bool
    }

    var version: String
    var upstream: String?
    var issued: Issued?

    func write(to buffer: inout ByteBuffer) {
        buffer.writeStaticString("Pilotlight-Version: ")
        buffer.writeString(version)
        if let upstream {
            buffer.writeStaticString("\r\nPilotlight-Upstream: ")
            buffer.writeString(upstream)
        }
        if let issued {
            buffer.writeStaticString("\r\nPilotlight-Targeting-Key: ")
            buffer.writeString(issued.key)
            buffer.writeStaticString("\r\nSet-Cookie: ")
            buffer.writeString(issued.cookie)
            buffer.writeStaticString("=")
            buffer.writeString(issued.key)
            buffer.writeStaticString("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
            if issued.isSecure { buffer.writeStaticString("; Secure") }
        }
        buffer.writeStaticString("\r\n")
    }

    /// Whether `text` may stand in a header: printable ASCII, no blanks.
    static func isFit(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
