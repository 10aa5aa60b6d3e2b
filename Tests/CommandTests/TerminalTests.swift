import Testing

@testable import pilotlight

@Suite struct TerminalTests {
    @Test func colourIsForTerminalsThatWantIt() {
        func hasColour(_ isTerminal: Bool, no: Bool = false, _ variables: [String: String] = [:]) -> Bool {
            OutputStyle(isTerminal: isTerminal, noColour: no, variables: variables).hasColour
        }
        #expect(hasColour(true, ["TERM": "xterm"]) && hasColour(true) && hasColour(true, ["NO_COLOR": ""]))
        #expect(!hasColour(false, ["TERM": "xterm"]))
        #expect(!hasColour(true, no: true))
        #expect(!hasColour(true, ["NO_COLOR": "1"]))
        #expect(!hasColour(true, ["TERM": "dumb"]))
        #expect(OutputStyle(isTerminal: true, noColour: true, variables: [:]).isTerminal)
    }

    @Test func paintIsTakenOffAgain() {
        #expect(OutputStyle.coloured.paint("x", .red) == "\u{1B}[31mx\u{1B}[0m")
        #expect(OutputStyle.coloured.paint("x", nil) == "x")
        #expect(OutputStyle.coloured.paint("", .red) == "")
        #expect(OutputStyle.plain.paint("x", .red) == "x")
    }

    @Test func tablesAreForTerminals() {
        var table = TextTable("NAME", "COUNT", "NOTE")
        table.add(TextTable.Cell("a", .green), "10", "")
        table.add("longer", "2", "b\tc")
        #expect(table.text(.plain, summary: "2 rows") == "a\t10\t\nlonger\t2\tb\\tc")
        #expect(
            table.text(.colourless, summary: "2 rows") == """
                NAME    COUNT  NOTE
                a       10
                longer  2      b\\tc
                2 rows
                """)
        #expect(
            table.text(.coloured).hasPrefix(
                "\u{1B}[1mNAME\u{1B}[0m    \u{1B}[1mCOUNT\u{1B}[0m  \u{1B}[1mNOTE\u{1B}[0m\n\u{1B}[32ma\u{1B}[0m       10"
            ))
        #expect(TextTable("A").text(.plain) == "")
    }

    @Test func whatWouldSteerATerminalIsShown() {
        #expect(PrintableText.of("plain – ünï 👩‍👩‍👧") == "plain – ünï 👩‍👩‍👧")
        #expect(PrintableText.of("a\nb\tc\rd") == "a\\nb\\tc\\rd")
        #expect(PrintableText.of("\u{1B}[31mred\u{202E}\u{9B}") == "\\u{1B}[31mred\\u{202E}\\u{9B}")
    }

    @Test func aProgressLineFitsTheTerminal() {
        #expect(ProgressLine.line("waiting", seconds: 3, columns: 80) == "waiting … 3 s")
        #expect(ProgressLine.line("waiting for someone", seconds: 12, columns: 15) == "waiting … 12 s")
        #expect(ProgressLine.line("a\nb", seconds: 1, columns: 80) == "a\\nb … 1 s")
        for columns in 8...40 {
            #expect(ProgressLine.line("waiting for the control node", seconds: 1, columns: columns).count < columns)
        }
    }

    @Test func refusalsStandOutOnATerminal() {
        let refusal = CommandRefusal("no such thing", hint: "look").description
        #expect(RefusalText.dressed(refusal, .plain) == "pilotlight: no such thing\n  hint: look")
        #expect(
            RefusalText.dressed(refusal, .coloured)
                == "\u{1B}[31mpilotlight:\u{1B}[0m no such thing\n\u{1B}[36m  hint:\u{1B}[0m look")
    }
}

extension OutputStyle {
    static let coloured = OutputStyle(isTerminal: true, noColour: false, variables: [:])
    static let colourless = OutputStyle(isTerminal: true, noColour: true, variables: [:])
}
