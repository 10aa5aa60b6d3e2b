import ArgumentParser
import JSON
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
        #expect(try arguments(["fleet"], ["PILOTLIGHT_TIMEOUT": "9s"]) == ["fleet", "--timeout=9s"])
        #expect(try arguments(["fleet", "forget", "x"], ["PILOTLIGHT_TIMEOUT": "9s"]) == ["fleet", "forget", "x"])
    }

    /// Left in a shell for one command, each would bend another.
    @Test func whatIsOfOneCommandAtATimeHasNoVariable() throws {
        let shell = [
            "PILOTLIGHT_WAIT": "true", "PILOTLIGHT_FROM": "f", "PILOTLIGHT_UNTIL": "u", "PILOTLIGHT_TO": "on",
            "PILOTLIGHT_PERCENT": "5", "PILOTLIGHT_EXCLUDE": "bob", "PILOTLIGHT_OPENS": "+2h",
        ]
        for words in [
            "fleet", "release start r", "pilot add g", "release list", "freeze set f", "flag kill f", "flag ramp f",
            "release advance r", "pilot create g", "release create r",
        ] {
            let given = words.split(separator: " ").map(String.init)
            #expect(try arguments(given, shell) == given, "\(words)")
        }
        let url = ["PILOTLIGHT_URL": "http://127.0.0.1:7460"]
        #expect(try arguments(["health"], url) == ["health", "--url=http://127.0.0.1:7460"])
        #expect(try arguments(["deployment", "verify", "c", "1"], url) == ["deployment", "verify", "c", "1"])
    }

    /// What an option says of itself in several commands that share a variable, where that isn't word for word the same.
    private static let sameInOtherWords: Set<String> = [
        "PILOTLIGHT_COLUMN", "PILOTLIGHT_DATA", "PILOTLIGHT_JSON", "PILOTLIGHT_KEYS_FROM", "PILOTLIGHT_PILOTS",
        "PILOTLIGHT_PUBLISH_PORT", "PILOTLIGHT_SOCKET", "PILOTLIGHT_SYNC_PORT", "PILOTLIGHT_TARGETING_KEY",
    ]

    @Test func aVariableMeansOneThing() throws {
        var meanings: [String: Set<String>] = [:]
        for (words, type) in CommandTree.leaves {
            let help = try #require(JSONReader.read(type._dumpHelp(), purpose: .context).value)
            for argument in help["command"]?["arguments"]?.arrayValue ?? [] {
                let option = "--" + (argument["preferredName"]?["name"]?.stringValue ?? "")
                guard let own = variables.all(for: words).first(where: { $0.option == option }) else { continue }
                meanings[own.variable, default: []].insert(argument["abstract"]?.stringValue ?? "")
            }
        }
        let several = meanings.filter { $0.value.count > 1 }
        #expect(Set(several.keys) == Self.sameInOtherWords, "\(several)")
        #expect(meanings.count > 50)
    }

    @Test func switchesAreOnOrOff() throws {
        for off in ["", "0", "false", "no", "off"] {
            #expect(try arguments(["fleet"], ["PILOTLIGHT_JSON": off]) == ["fleet"])
        }
        #expect(throws: OptionVariables.UnusableVariable.self) {
            try arguments(["fleet"], ["PILOTLIGHT_JSON": "maybe"])
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
