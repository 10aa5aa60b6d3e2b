import ArgumentParser
import AsyncHTTPClient
import NIOCore
import Testing

@testable import pilotlight

/// What is sent again, and what is said when it isn't.
@Suite struct AttemptsTests {
    private func refusal(_ verdict: Attempts.Verdict) -> CommandRefusal? {
        if case .refuse(let refuse) = verdict { refuse("http://c") } else { nil }
    }

    private func isAgain(_ verdict: Attempts.Verdict) -> Bool {
        if case .again(let pause) = verdict { pause <= .seconds(1) } else { false }
    }

    @Test func aChangeIsSentThreeTimes() throws {
        var attempts = Attempts(isChange: true, repeatable: true)
        #expect(isAgain(attempts.verdict(on: .brokenOff)))
        // Nobody there any more: the first attempt may still have arrived.
        #expect(isAgain(attempts.verdict(on: .unreachable("connection refused"))))
        let said = try #require(refusal(attempts.verdict(on: .noAnswer)))
        #expect(said.reason.contains("asked 3 times"))
        #expect(said.hint?.contains("may or may not be published") == true)
        #expect(said.hint?.contains("--idempotency-key") == true)
    }

    @Test func nobodyThereIsSaidAtOnce() throws {
        var attempts = Attempts(isChange: true, repeatable: true)
        let said = try #require(refusal(attempts.verdict(on: .unreachable("connection refused"))))
        #expect(said.reason == "no control node answers at http://c (connection refused)")
        #expect(said.hint?.contains("--control-url") == true)
    }

    @Test func onlyWhatFailedBeforeSendingDidNotArrive() throws {
        for error in [HTTPClientError.connectTimeout, .invalidURL, .unsupportedScheme("ftp")] {
            #expect(!ExchangeFault(error).mayHaveArrived, "\(error)")
        }
        let tooLarge = ExchangeFault(NIOTooManyBytesError(maxBytes: 9))
        #expect(tooLarge == .failed("the answer is too large"))
        let others: [any Error] = [
            HTTPClientError.readTimeout, HTTPClientError.remoteConnectionClosed, HTTPClientError.bodyLengthMismatch,
            ChannelError.eof,
        ]
        for error in others { #expect(ExchangeFault(error).mayHaveArrived, "\(error)") }
        var attempts = Attempts(isChange: true, repeatable: false)
        let said = try #require(refusal(attempts.verdict(on: tooLarge)))
        #expect(said.reason.contains("the answer is too large"))
        #expect(said.hint?.contains("may or may not be published") == true)
    }

    @Test func whatHasNoKeyIsSentOnce() throws {
        var attempts = Attempts(isChange: true, repeatable: false)
        #expect(refusal(attempts.verdict(on: .brokenOff))?.hint?.contains("may or may not") == true)
    }

    @Test func aQuestionIsAskedAgainWhereThatIsQuick() throws {
        var broken = Attempts(isChange: false, repeatable: true)
        #expect(isAgain(broken.verdict(on: .brokenOff)))
        var silent = Attempts(isChange: false, repeatable: true)
        #expect(refusal(silent.verdict(on: .noAnswer))?.hint == "look at the control node's log")
    }

    @Test func partsOfAChangeHaveKeysOfTheirOwn() throws {
        let terms = ChangeTerms(message: "why", ifRevision: 4, key: "k")
        #expect(terms.part(0, after: nil).key == "k.1" && terms.part(0, after: nil).ifRevision == 4)
        // The parts before it moved the environment on.
        #expect(terms.part(1, after: 5).key == "k.2" && terms.part(1, after: 5).ifRevision == 5)
        #expect(ChangeTerms(message: nil, ifRevision: nil, key: "k").part(1, after: 5).ifRevision == nil)
        // A dry run leaves the key to the change that follows it.
        #expect(terms.dryRun(true).key == nil && terms.dryRun(false).key == "k")
    }

    @Test func everyChangeHasAKey() throws {
        let first = try #require(try PilotlightCommand.parseAsRoot(["flag", "enable", "a"]) as? FlagEnableCommand)
        #expect(first.flag.change.terms.key?.count == 36)
        #expect(first.flag.change.terms.key != first.flag.change.terms.key)
        let given = ["flag", "enable", "a", "--idempotency-key", "k", "--if-revision", "3"]
        let second = try #require(try PilotlightCommand.parseAsRoot(given) as? FlagEnableCommand)
        #expect(second.flag.change.terms.key == "k" && second.flag.change.terms.ifRevision == 3)
    }

    @Test(arguments: [["--idempotency-key", "a b"], ["--idempotency-key", ""], ["--if-revision", "-1"]])
    func whatCannotBeAKeyIsRefused(_ options: [String]) {
        #expect(throws: (any Error).self) { try PilotlightCommand.parseAsRoot(["flag", "enable", "a"] + options) }
    }
}
