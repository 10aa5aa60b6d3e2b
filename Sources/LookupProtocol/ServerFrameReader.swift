/// A client's receiving side: takes bytes as they come, gives the server's preamble and then whole frames.
package struct ServerFrameReader: Sendable {
    private var bytes: [UInt8] = []
    /// Everything before this index was given out.
    private var start = 0
    /// The server's environment, once its preamble has come.
    package private(set) var environment: String?

    package init() {}

    package mutating func append(_ more: some Collection<UInt8>) {
        // Moving what is left to the front is paid only when as much again has been read.
        if start > bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole frame; nil until more bytes come. A problem ends the connection.
    package mutating func next() throws(FrameProblem) -> ServerFrame? {
        if environment == nil {
            let preamble = try withUnread { bytes throws(FrameProblem) in try Preamble.readServer(bytes) }
            guard let preamble else { return nil }
            environment = preamble.environment
            start += preamble.length
        }
        let found = try withUnread { bytes throws(FrameProblem) -> (frame: ServerFrame, length: Int)? in
            let length = try Frame.payloadLength(of: bytes, limit: Frame.maximumAnswerLength)
            guard let length, bytes.count >= Frame.lengthBytes + length else { return nil }
            let payload = UnsafeRawBufferPointer(
                rebasing: bytes[Frame.lengthBytes..<Frame.lengthBytes + length])
            return try (ServerFrame.read(payload), Frame.lengthBytes + length)
        }
        guard let found else { return nil }
        start += found.length
        return found.frame
    }

    private func withUnread<Result>(
        _ body: (UnsafeRawBufferPointer) throws(FrameProblem) -> Result
    ) throws(FrameProblem) -> Result {
        let result = bytes.withUnsafeBytes { all in
            Swift.Result { () throws(FrameProblem) in
                try body(UnsafeRawBufferPointer(rebasing: all[start...]))
            }
        }
        return try result.get()
    }
}
