/// The first bytes on a connection. The client begins with four: 00 'P' 'L' and the newest version it speaks. The
/// server answers the same three, the version that both will speak, and its environment's name behind a length of one
/// byte.
package enum Preamble {
    package static let newestVersion: UInt8 = 1
    /// Length of the client's preamble in bytes.
    package static let clientLength = 4
    private static let magic: [UInt8] = [0x00, UInt8(ascii: "P"), UInt8(ascii: "L")]

    /// What a client sends first.
    package static func client(version: UInt8 = newestVersion) -> [UInt8] { magic + [version] }

    /// What a server answers. An environment's name longer than 255 bytes is cut.
    package static func server(version: UInt8 = newestVersion, environment: String) -> [UInt8] {
        let name = Array(environment.utf8.prefix(255))
        return magic + [version, UInt8(name.count)] + name
    }

    /// Reads a client's preamble and settles on a version. Nil until all of it is there; wrong bytes are refused as
    /// soon as the first wrong one is seen.
    package static func readClient(_ bytes: UnsafeRawBufferPointer) throws(FrameProblem) -> UInt8? {
        try checkMagic(bytes)
        guard bytes.count >= clientLength else { return nil }
        guard bytes[3] >= 1 else { throw .unsupportedVersion(bytes[3]) }
        return min(bytes[3], newestVersion)
    }

    /// Reads a server's preamble: nil until all of it is there. `length` says how many bytes it took.
    package static func readServer(
        _ bytes: UnsafeRawBufferPointer
    ) throws(FrameProblem) -> (version: UInt8, environment: String, length: Int)? {
        try checkMagic(bytes)
        guard bytes.count >= 5 else { return nil }
        guard bytes[3] >= 1, bytes[3] <= newestVersion else { throw .unsupportedVersion(bytes[3]) }
        let end = 5 + Int(bytes[4])
        guard bytes.count >= end else { return nil }
        return (bytes[3], String(decoding: bytes[5..<end], as: UTF8.self), end)
    }

    private static func checkMagic(_ bytes: UnsafeRawBufferPointer) throws(FrameProblem) {
        guard bytes.prefix(magic.count).elementsEqual(magic.prefix(bytes.count)) else { throw .notThisProtocol }
    }
}
