import Foundation
import Harness
import Synchronization

/// A TCP proxy that lets requests through and ends connections instead of passing on the first answers, or all of them.
final class AnswerThief: Sendable {
    let port: Int
    private let listener: Int32
    private let left: Mutex<Int>

    var url: String { "http://127.0.0.1:\(port)" }
    /// Answers that are still to be stolen.
    var thefts: Int { left.withLock { $0 } }

    /// - Parameter kept: bytes of a stolen answer that are passed on all the same.
    init(before target: Int, thefts: Int, kept: Int = 0) throws {
        port = try FreePort.next()
        left = Mutex(thefts)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 8) == 0 else { throw HarnessError("can't listen on \(port)") }
        Thread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                guard let self else { return }
                Thread { self.carry(client, to: target, kept) }.start()
            }
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func carry(_ client: Int32, to target: Int, _ kept: Int) {
        defer { close(client) }
        guard let server = try? BlockingSocket(.tcp(target)) else { return }
        Thread {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = recv(client, &buffer, buffer.count, 0)
                guard count > 0, (try? server.send(Array(buffer[..<count]))) != nil else { break }
            }
            shutdown(server.descriptor, Int32(SHUT_RDWR))
        }.start()
        while let answer = try? server.receive(), !answer.isEmpty {
            let isStolen = left.withLock { left in
                guard left > 0 else { return false }
                left -= 1
                return true
            }
            let passed = isStolen ? Array(answer.prefix(kept)) : answer
            let sent = passed.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if isStolen || sent < passed.count { break }
        }
        shutdown(client, Int32(SHUT_RDWR))
    }
}
