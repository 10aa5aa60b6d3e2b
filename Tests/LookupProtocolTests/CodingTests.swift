import LookupProtocol
import Testing

@Suite struct CodingTests {
    static let stamp = StateStamp(
        epochCounter: 3, epochID: 0xA1B2_C3D4_E5F6_0718, number: 42, isReady: true, isStale: false,
        stalenessMilliseconds: 250)

    static let clientFrames: [ClientFrame] = [
        .lookup(LookupRequest(id: 1, key: "checkout")),
        .lookup(
            LookupRequest(
                id: .max, key: "grüße-🚀", expected: .object,
                subject: LookupSubject(
                    targetingKey: "ann", context: Array(#"{"tier":"gold"}"#.utf8), wantsMetadata: true))),
        .lookup(LookupRequest(id: 0, key: "", expected: .double, subject: LookupSubject(targetingKey: ""))),
        .lookupAll(LookupAllRequest(id: 9)),
        .lookupAll(LookupAllRequest(id: 9, subject: LookupSubject(context: Array("{}".utf8)))),
        .watch(id: 77),
        .ping(id: 78),
    ]

    static let answers: [FlagAnswer] = [
        FlagAnswer(stamp: stamp, reason: .static, value: .bool(true), variant: "on"),
        FlagAnswer(
            stamp: stamp, reason: .targetingMatch, value: .string("čau"), variant: "", metadata: Array("{}".utf8)),
        FlagAnswer(stamp: stamp, reason: .default, value: .integer(.min), variant: "low"),
        FlagAnswer(stamp: stamp, reason: .default, value: .double(-0.0), variant: "zero"),
        FlagAnswer(stamp: stamp, reason: .static, value: .object(Array(#"{"a":[1,10.0]}"#.utf8)), variant: "o"),
        FlagAnswer(stamp: stamp, reason: .disabled),
        FlagAnswer(stamp: stamp, reason: .error, error: .flagNotFound, errorDetails: "no flag is called x"),
        FlagAnswer(
            stamp: StateStamp(
                epochCounter: 0, epochID: 0, number: 0, isReady: false, isStale: true, stalenessMilliseconds: nil),
            reason: .error, error: .providerNotReady, errorDetails: ""),
    ]

    static let serverFrames: [ServerFrame] =
        answers.map { .answer(id: 5, $0) } + answers.map { .flagAnswer(id: 6, key: "checkout", $0) } + [
            .lookupAllEnd(id: 6, LookupAllEnd(stamp: stamp, count: 10_000)),
            .lookupAllEnd(
                id: 6, LookupAllEnd(stamp: stamp, count: 0, error: .invalidContext, errorDetails: "no object")),
            .change(id: 1, ChangeNotice(stamp: stamp, changedKeys: ["a", "", "b"])),
            .change(id: 1, ChangeNotice(stamp: stamp, changedKeys: [])),
            .change(id: 1, ChangeNotice(stamp: stamp, changedKeys: nil)),
            .pong(id: 2, stamp),
            .failure(id: 0, Failure(code: .malformed, message: "why")),
        ]

    @Test(arguments: clientFrames) func clientFramesComeBackAsTheyWere(frame: ClientFrame) throws {
        let payload = try payload(of: bytes { frame.write(to: &$0) }, limit: Frame.maximumRequestLength)
        #expect(try payload.withUnsafeBytes { try ClientFrame.read($0) } == frame)
    }

    @Test(arguments: serverFrames) func serverFramesComeBackAsTheyWere(frame: ServerFrame) throws {
        let payload = try payload(of: bytes { frame.write(to: &$0) }, limit: Frame.maximumAnswerLength)
        #expect(try payload.withUnsafeBytes { try ServerFrame.read($0) } == frame)
    }

    /// Cut short anywhere, a frame is a problem and never a different frame.
    @Test(arguments: clientFrames) func cutClientFramesAreProblems(frame: ClientFrame) throws {
        let payload = try payload(of: bytes { frame.write(to: &$0) }, limit: Frame.maximumRequestLength)
        for length in 0..<payload.count {
            #expect(throws: FrameProblem.self, "cut to \(length)") {
                try payload[..<length].withUnsafeBytes { try ClientFrame.read($0) }
            }
        }
        #expect(throws: FrameProblem.trailingBytes(1)) {
            try (payload + [0]).withUnsafeBytes { try ClientFrame.read($0) }
        }
    }

    @Test(arguments: serverFrames) func cutServerFramesAreProblems(frame: ServerFrame) throws {
        let payload = try payload(of: bytes { frame.write(to: &$0) }, limit: Frame.maximumAnswerLength)
        for length in 0..<payload.count {
            #expect(throws: FrameProblem.self, "cut to \(length)") {
                try payload[..<length].withUnsafeBytes { try ServerFrame.read($0) }
            }
        }
    }

    /// Any bytes at all end in a frame or a problem, never in a trap.
    @Test func arbitraryBytesNeverTrap() {
        var generator = SplitMix(state: 1)
        for _ in 0..<20_000 {
            var payload = (0..<Int.random(in: 0...48, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if let types = payload.indices.first {
                payload[types] = [1, 2, 3, 4, 0x81, 0x82, 0x83, 0x84, 0x85, 0xFF].randomElement(using: &generator) ?? 1
            }
            payload.withUnsafeBytes { bytes in
                _ = try? ClientFrame.read(bytes)
                _ = try? ServerFrame.read(bytes)
            }
        }
    }

    @Test func lengthsOutsideOfTheLimitsAreProblems() {
        let long: [UInt8] = [0x00, 0x10, 0x00, 0x01]
        #expect(throws: FrameProblem.tooLong(length: 1_048_577, limit: 1_048_576)) {
            try long.withUnsafeBytes { try Frame.payloadLength(of: $0, limit: Frame.maximumRequestLength) }
        }
        #expect(throws: FrameProblem.tooShort(length: 4)) {
            try ([0, 0, 0, 4] as [UInt8]).withUnsafeBytes { try Frame.payloadLength(of: $0, limit: 100) }
        }
    }

    @Test func anUnknownTypeIsNamed() {
        let payload: [UInt8] = [0x7E, 0, 0, 0, 9]
        #expect(throws: FrameProblem.unknownType(0x7E)) { try payload.withUnsafeBytes { try ClientFrame.read($0) } }
        #expect(payload.withUnsafeBytes { Frame.requestID(of: $0) } == 9)
    }

    @Test func textThatIsNotUTF8IsAProblem() {
        let payload: [UInt8] = [0x01, 0, 0, 0, 9, 0, 0, 0, 2, 0xC3, 0x28]
        #expect(throws: FrameProblem.notUTF8(at: 9)) { try payload.withUnsafeBytes { try ClientFrame.read($0) } }
    }

    @Test func preamblesSettleOnAVersion() throws {
        func settled(_ bytes: [UInt8]) throws -> UInt8? { try bytes.withUnsafeBytes { try Preamble.readClient($0) } }
        #expect(try settled(Preamble.client()) == 1)
        #expect(try settled([0x00, 0x50, 0x4C, 200]) == 1)
        #expect(try settled([0x00, 0x50]) == nil)
        #expect(throws: FrameProblem.notThisProtocol) { try settled([0x00, 0x51]) }
        #expect(throws: FrameProblem.unsupportedVersion(0)) { try settled([0x00, 0x50, 0x4C, 0]) }
    }

    /// A reader gives the same frames however the stream is cut.
    @Test(arguments: [1, 2, 3, 7, 64, 100_000]) func aStreamMayBeCutAnywhere(chunk: Int) throws {
        var stream = Preamble.server(environment: "staging")
        for frame in Self.serverFrames { frame.write(to: &stream) }
        var reader = ServerFrameReader()
        var frames: [ServerFrame] = []
        var rest = stream[...]
        while !rest.isEmpty {
            reader.append(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
            while let frame = try reader.next() { frames.append(frame) }
        }
        #expect(reader.environment == "staging")
        #expect(frames == Self.serverFrames)
    }

    private func bytes(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        write(&bytes)
        return bytes
    }

    private func payload(of frame: [UInt8], limit: Int) throws -> [UInt8] {
        let length = try frame.withUnsafeBytes { try Frame.payloadLength(of: $0, limit: limit) }
        #expect(length == frame.count - Frame.lengthBytes)
        return Array(frame.dropFirst(Frame.lengthBytes))
    }
}

/// A small seeded generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
