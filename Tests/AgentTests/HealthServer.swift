import Foundation
import Harness
import Synchronization

/// A service's health endpoint on 127.0.0.1 or a Unix socket, which does what the test wants. One thread takes one connection after the
/// other.
final class HealthServer: Sendable {
    enum Conduct: Sendable, Hashable {
        case answer(Int)
        /// Says 200 after so long.
        case answerLate(seconds: Double)
        /// Takes the connection and says nothing.
        case hang
        /// Says 200, and never all of what it promises.
        case hangHalfway
        case redirect(to: String)
    }

    let port: UInt16
    private let listener: Int32
    private let conduct: Mutex<Conduct>
    private let asked = Mutex<[String]>([])
    private let open = Mutex<[Int32]>([])
    private let isOver = DispatchSemaphore(value: 0)

    /// - Parameter port: without one it takes a free one, which another one may have after it.
    init(port: UInt16? = nil, socket path: String? = nil, _ conduct: Conduct) throws {
        let port = try port ?? (path == nil ? UInt16(FreePort.next()) : 0)
        self.conduct = Mutex(conduct)
        let family = path == nil ? AF_INET : AF_UNIX
        let listener = Foundation.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var bound: Int32
        if let path {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            bound = Self.bind(listener, &address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            bound = Self.bind(listener, &address)
        }
        if bound == 0 { bound = listen(listener, 64) }
        guard bound == 0 else { throw HarnessError("no health server: \(String(cString: strerror(errno)))") }
        self.port = port
        Thread { [self] in
            serve()
            isOver.signal()
        }.start()
    }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)/healthz" }

    /// The first line of each request.
    var requests: [String] { asked.withLock { $0 } }

    func set(_ conduct: Conduct) { self.conduct.withLock { $0 = conduct } }

    /// Nobody listens any more, and what hung breaks off.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        isOver.wait()
        close(listener)
        for descriptor in open.withLock({ $0 }) { close(descriptor) }
    }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            var request: [UInt8] = []
            while !request.ends(with: "\r\n\r\n".utf8) {
                var bytes = [UInt8](repeating: 0, count: 4_096)
                let count = recv(connection, &bytes, bytes.count, 0)
                guard count > 0 else { break }
                request += bytes[..<count]
            }
            let line = String(decoding: request.prefix { $0 != 13 }, as: UTF8.self)
            asked.withLock { $0.append(line) }
            answer(conduct.withLock { $0 }, connection)
        }
    }

    private func answer(_ conduct: Conduct, _ connection: Int32) {
        func send(_ text: String) {
            _ = Foundation.send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        }
        switch conduct {
        case .answer(let status):
            send("HTTP/1.1 \(status) X\r\nContent-Length: \(status == 204 ? "0\r\n\r\n" : "2\r\n\r\nok")")
        case .answerLate(let seconds):
            Thread.sleep(forTimeInterval: seconds)
            send("HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok")
        case .redirect(let target):
            send("HTTP/1.1 302 Found\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n")
        case .hangHalfway: send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nwell, ")
        case .hang: break
        }
        switch conduct {
        case .answer, .answerLate, .redirect: close(connection)
        case .hang, .hangHalfway: open.withLock { $0.append(connection) }
        }
    }
}

extension Array<UInt8> {
    fileprivate func ends(with other: String.UTF8View) -> Bool { suffix(other.count).elementsEqual(other) }
}
