import ArgumentParser
import Foundation
import Harness
import Testing

@testable import pilotlight

@Suite struct DownloadTests {
    /// A listening socket that takes connections and never says a word on them.
    private static func silentPort() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            return bind(descriptor, pointer, size) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, pointer, &size) == 0
        }
        try #require(isListening)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    @Test(.timeLimit(.minutes(20))) func aSilentControlNodeIsGivenUp() async throws {
        let (descriptor, port) = try Self.silentPort()
        defer { close(descriptor) }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sqlite").path
        let options = try ConnectionOptions.parse(["--control-url", "http://127.0.0.1:\(port)"])
        // Every other time that there is, the time to connect for one, is longer than that.
        let best = try await quickest(below: .seconds(5)) {
            let start = ContinuousClock.now
            let refusal = await #expect(throws: CommandRefusal.self) {
                try await OperatorClient.connected(options, silence: .milliseconds(300)) { control in
                    try await control.download("backup", to: file)
                }
            }
            #expect(refusal?.reason.contains("nothing came any more") == true, "\(String(describing: refusal))")
            #expect(!FileManager.default.fileExists(atPath: file))
            return ContinuousClock.now - start
        }
        #expect(best < .seconds(5) * Patience.factor)
    }
}
