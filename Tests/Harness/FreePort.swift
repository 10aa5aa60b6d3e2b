import Foundation
import Synchronization

/// Ports that nobody listens on, each given once to this process.
///
/// They lie below the range from which the kernel takes ports for outgoing connections (32768 and up): a port out of that
/// range could be taken between a restart's two halves.
package enum FreePort {
    private static let given = Mutex<Set<Int>>([])

    package static func next() throws -> Int {
        for _ in 0..<2_000 {
            let port = Int.random(in: 12_000..<32_000)
            guard given.withLock({ $0.insert(port).inserted }) else { continue }
            if isFree(port) { return port }
        }
        throw HarnessError("no free port found")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = SocketAddress.loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
