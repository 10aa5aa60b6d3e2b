import Testing

@testable import Control

/// How long tests may have agents live after a report. In production nobody sets it.
@Suite struct ControlConfigurationTests {
    private func liveFor(_ text: String?) throws(ControlError) -> UInt64 {
        var configuration = ControlConfiguration(dataDirectory: "data")
        try configuration.takeTestVariables(text.map { ["PILOTLIGHT_TEST_LIVE_FOR": $0] } ?? [:])
        return configuration.liveFor
    }

    @Test func aTestMaySayHowLongAgentsAreLive() throws {
        #expect(try liveFor(nil) == 3_000)
        #expect(try liveFor("1") == 1)
        #expect(try liveFor("60000") == 60_000)
        #expect(try liveFor("900000") == Registry.silentFor)
    }

    @Test(arguments: ["", "0", "-1", "1m", "900001", "18446744073709551616"])
    func whatNoAgentCanBeLiveForIsRefused(_ text: String) {
        let error = #expect(throws: ControlError.self) { try liveFor(text) }
        let words = error?.description ?? ""
        #expect(words.contains("PILOTLIGHT_TEST_LIVE_FOR is \"\(text)\""), "\(words)")
        #expect(words.contains(" 1 to 900000 "), "\(words)")
    }
}
