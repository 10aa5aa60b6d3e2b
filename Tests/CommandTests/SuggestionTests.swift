import ArgumentParser
import Testing

@testable import pilotlight

@Suite struct SuggestionTests {
    @Test(
        arguments: [
            (["flg", "list"], "'pilotlight' has no command 'flg'. Did you mean 'pilotlight flag'?"),
            (["flag", "lst"], "'pilotlight flag' has no command 'lst'. Did you mean 'pilotlight flag list'?"),
            (
                ["pilot", "ad", "x", "y"],
                "'pilotlight pilot' has no command 'ad'. Did you mean 'pilotlight pilot add'?"
            ),
            (["fleet", "forgt"], "'pilotlight fleet' has no command 'forgt'. Did you mean 'pilotlight fleet forget'?"),
        ])
    func aMistypedCommandIsCorrected(_ words: [String], _ text: String) {
        #expect(CommandTree.correction(for: words) == text)
    }

    @Test func whatIsFarFromAnyNameListsThem() throws {
        let text = try #require(CommandTree.correction(for: ["flag", "frobnicate"]))
        #expect(text.contains("It has: list, show, ramp, kill, unkill, default, enable, disable, delete."))
    }

    @Test(arguments: [
        ["flag", "list"], ["flag"], ["flag", "--json"], ["history", "checkout"], ["help", "flag"], [],
    ])
    func whatIsNoMistypedCommandIsLeftAlone(_ words: [String]) {
        #expect(CommandTree.correction(for: words) == nil)
    }

    @Test func anUnknownOptionIsCorrected() {
        let message = #expect(throws: (any Error).self) {
            try PilotlightCommand.parseAsRoot(["flag", "list", "--enviroment", "x"])
        }.map { PilotlightCommand.message(for: $0) }
        #expect(message?.contains("Did you mean '--environment'?") == true)
    }

    @Test func aKeyThatTheAgentDoesNotHoldIsCorrected() {
        let hint = LookupCommand.hint(for: "FLAG_NOT_FOUND", key: "chekout", known: ["greeting", "checkout"])
        #expect(hint == "did you mean \"checkout\"?")
        #expect(LookupCommand.hint(for: "FLAG_NOT_FOUND", key: "x", known: [])?.contains("flag list") == true)
        #expect(LookupCommand.hint(for: "PROVIDER_NOT_READY", key: "x", known: [])?.contains("log") == true)
        #expect(LookupCommand.hint(for: "PARSE_ERROR", key: "x", known: ["x"]) == nil)
    }
}
