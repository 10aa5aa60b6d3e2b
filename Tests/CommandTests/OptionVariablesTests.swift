import ArgumentParser
import Testing

@testable import pilotlight

@Suite struct OptionVariablesTests {
    private let variables = OptionVariables(commandTree: PilotlightCommand._dumpHelp())

    private func arguments(_ given: [String], _ environment: [String: String]) throws -> [String] {
        try variables.injection(into: given, environment: environment).arguments
    }

    @Test func aVariableStandsForItsOption() throws {
        #expect(
            try arguments(["control"], ["PILOTLIGHT_DATA": "/d", "PILOTLIGHT_API_PORT": "1"])
                == ["control", "--data=/d", "--api-port=1"])
    }

    @Test func theCommandLineWins() throws {
        let environment = ["PILOTLIGHT_ENVIRONMENT": "staging"]
        let spaced = ["flag", "list", "--environment", "production"]
        let joined = ["flag", "list", "--environment=production"]
        #expect(try arguments(spaced, environment) == spaced)
        #expect(try arguments(joined, environment) == joined)
        #expect(try arguments(["flag", "list"], environment) == ["flag", "list", "--environment=staging"])
    }

    @Test func aVariableOfAnotherCommandIsLeftAlone() throws {
        #expect(try arguments(["flag", "list"], ["PILOTLIGHT_API_PORT": "1"]) == ["flag", "list"])
    }

    @Test func theDefaultSubcommandHasItsVariables() throws {
        #expect(try arguments(["fleet"], ["PILOTLIGHT_WAIT": "true"]) == ["fleet", "--wait"])
        #expect(try arguments(["fleet", "forget", "x"], ["PILOTLIGHT_WAIT": "true"]) == ["fleet", "forget", "x"])
    }

    @Test func switchesAreOnOrOff() throws {
        for off in ["", "0", "false", "no", "off"] {
            #expect(try arguments(["fleet"], ["PILOTLIGHT_WAIT": off]) == ["fleet"])
        }
        #expect(throws: OptionVariables.UnusableVariable.self) {
            try arguments(["fleet"], ["PILOTLIGHT_WAIT": "maybe"])
        }
    }

    @Test func repeatableOptionsAreSplitAtCommas() throws {
        #expect(
            try arguments(["lookup", "k"], ["PILOTLIGHT_CONTEXT": "a=1,b=2"])
                == ["lookup", "--context=a=1", "--context=b=2", "k"])
    }

    @Test func helpNamesEveryVariable() {
        let help = variables.helpSection(for: ["control", "--help"])
        for option in ["DATA", "HOST", "API_PORT", "PUBLISH_PORT", "SYNC_PORT", "INSECURE", "LOG_LEVEL", "LOG_FORMAT"] {
            #expect(help.contains("PILOTLIGHT_\(option) "))
        }
    }
}
