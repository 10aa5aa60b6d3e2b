import Foundation
import Synchronization

/// Ports that nobody listens on, each given once: to this process, and to no other one that runs tests meanwhile.
///
/// They lie below the range from which the kernel takes ports for outgoing connections (32768 and up): a port out of that
/// range could be taken between a restart's two halves.
package enum FreePort {
    /// A socket for each that was given, open as long as this process lives.
    private static let given = Mutex<[Int: Int32]>([:])

    package static func next() throws -> Int { try row(of: 1) }

    /// The first of so many beside each other.
    package static func row(of count: Int) throws -> Int {
        for _ in 0..<2_000 {
            let first = Int.random(in: 12_000..<(32_000 - count))
            let ports = first..<(first + count)
            let isTaken = given.withLock { given in
                guard ports.allSatisfy({ given[$0] == nil && isFree($0) }) else { return false }
                let claims = ports.map { ($0, claim($0)) }
                guard claims.allSatisfy({ $0.1 != nil }) else {
                    for case (_, let descriptor?) in claims { close(descriptor) }
                    return false
                }
                for case (let port, let descriptor?) in claims { given[port] = descriptor }
                return true
            }
            if isTaken { return first }
        }
        throw HarnessError("no free port found")
    }

    /// A name that only one process can have, and only as long as it lives: that of a Unix socket without a file.
    private static func claim(_ port: Int) -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // It begins with a zero byte.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\0pilotlight-test-port-\(port)".utf8) }
        return bound(AF_UNIX, &address)
    }

    private static func isFree(_ port: Int) -> Bool {
        var address = SocketAddress.loopback(port)
        guard let descriptor = bound(AF_INET, &address) else { return false }
        close(descriptor)
        return true
    }

    private static func bound<Address>(_ family: Int32, _ address: inout Address) -> Int32? {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        if result == 0 { return descriptor }
        close(descriptor)
        return nil
    }
}
