import Foundation

/// Where somebody is called over HTTP: `http://HOST:PORT/PATH`, the same with `https`, or a Unix socket:
/// `http+unix://%2Frun%2Fcheckout.sock/PATH`. A service's health, a deployment's check and the webhook have one.
package struct HTTPAddress: Sendable, Hashable {
    package let text: String

    /// Why a text is no such address, and what to give instead.
    package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    private static let longestBytes = 2_048
    private static let longestSocketPath = 107

    package init(_ text: String) throws(Problem) {
        guard text.utf8.count <= Self.longestBytes else {
            throw Problem(description: "a URL has at most \(Self.longestBytes) bytes, this one \(text.utf8.count)")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let url = URL(string: text), let scheme = url.scheme
        else {
            throw Problem(description: "that is no URL; give one like http://127.0.0.1:8080/healthz")
        }
        switch scheme.lowercased() {
        case "http", "https":
            guard let host = url.host, !host.isEmpty else {
                throw Problem(description: "it names no host; give one like http://127.0.0.1:8080/healthz")
            }
            if let port = url.port, !(1...65_535).contains(port) {
                throw Problem(description: "\(port) is no port; give one from 1 to 65535")
            }
        case "http+unix":
            guard let path = url.host?.removingPercentEncoding, path.hasPrefix("/") else {
                throw Problem(
                    description: "it names no socket; write the socket's path with %2F for each slash: "
                        + "http+unix://%2Frun%2Fcheckout.sock/healthz")
            }
            guard path.utf8.count <= Self.longestSocketPath else {
                throw Problem(description: "a socket's path has at most \(Self.longestSocketPath) bytes")
            }
        default:
            throw Problem(description: "\(scheme) can't be asked; give http, https or http+unix")
        }
        guard url.user == nil, url.password == nil else {
            throw Problem(description: "a name and a password in it wouldn't be sent; give an address that needs none")
        }
        self.text = text
    }
}
