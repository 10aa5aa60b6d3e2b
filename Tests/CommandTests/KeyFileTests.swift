import Foundation
import Testing

@testable import pilotlight

/// Targeting keys from files: lines, and CSV as RFC 4180 has it.
@Suite struct KeyFileTests {
    private func cells(_ text: String, _ column: String? = nil) throws -> [String] {
        try KeyFile.cells(of: Array(text.utf8), column: column, name: "k.csv")
    }

    @Test func linesEndWithLFOrCRLFOnly() {
        let text = "ann\r\n\nb\u{2028}o\u{85}b\u{B}\u{C}\ncy\r"
        #expect(KeyFile.lines(of: Array(text.utf8)) == ["ann", "b\u{2028}o\u{85}b\u{B}\u{C}", "cy\r"])
        #expect(KeyFile.lines(of: Array("\u{FEFF} ann \n\r\nb,c".utf8)) == [" ann ", "b,c"])
        #expect(KeyFile.lines(of: []) == [])
    }

    @Test func aColumnIsTheFirstOrTheNamedOne() throws {
        let text = "\u{FEFF}id,plan,e-mail\r\nann,gold,a@x.org\r\nbob,,b@x.org\r\n"
        #expect(try cells(text) == ["ann", "bob"])
        #expect(try cells(text, "e-mail") == ["a@x.org", "b@x.org"])
        #expect(try cells("id\nann\n\nbob") == ["ann", "bob"], "an empty line is no record")
        #expect(try cells("id\n") == [])
        #expect(try cells("") == [])
    }

    @Test func quotesAreTakenOff() throws {
        #expect(
            try cells("\"the \"\"key\"\"\",n\n\"a,b\",1\n\"c\r\nd\",2\n\"e\"\"\"\"f\",3", "the \"key\"")
                == ["a,b", "c\r\nd", "e\"\"f"])
        // A quote inside a field that isn't quoted is itself; so is a lone carriage return.
        #expect(try cells("id\nann \"the boss\"\nb\rc\n") == ["ann \"the boss\"", "b\rc"])
    }

    @Test func whatCantBeReadIsPlaced() throws {
        for (text, column, words) in [
            ("id,x\nann,1\n,2\n", nil, "k.csv:3: the column \"id\" is empty"),
            ("id,x\n\"a\nb\",1\nann\n", "x", "k.csv:4: the column \"x\" is empty"),
            ("id\n\"ann\"x\n", nil, "k.csv:2: text follows the closing quote"),
            ("id\nann\n\"bob\ncy\n", nil, "k.csv:3: a quoted field has no end"),
            ("id,plan\nann,gold\n", "pln", "k.csv has no column \"pln\""),
            ("id\n\"\"\n", nil, "k.csv:2: the column \"id\" is empty"),
        ] as [(String, String?, String)] {
            let refusal = #expect(throws: CommandRefusal.self) { try cells(text, column) }
            #expect(refusal?.reason.hasPrefix(words) == true, "\(text): \(refusal?.reason ?? "")")
        }
        let refusal = #expect(throws: CommandRefusal.self) { try cells("id,plan\n", "pln") }
        #expect(refusal?.hint == "did you mean \"plan\"?")
    }

    @Test func whatWasWrittenIsReadAgain() throws {
        let keys = ["ann", "b,c", "\"", "d\ne", "f\r\ng", "ü", " h "]
        let text = (["member"] + keys).map { CSVText.line([$0]) }.joined(separator: "\n")
        #expect(try cells(text) == keys)
        #expect(CSVText.line(["a", "", "b\"c"]) == "a,\"\",\"b\"\"c\"")
    }

    @Test func aPathSaysWhichOfThem() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String, _ text: String) throws -> String {
            let url = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: url)
            return url.path
        }
        #expect(try KeyFile.read(try path("a.txt", "id,x\nann,1\n"), column: nil) == ["id,x", "ann,1"])
        #expect(try KeyFile.read(try path("a.CSV", "id,x\nann,1\n"), column: nil) == ["ann"])
        #expect(try KeyFile.read(try path("b.txt", "id,x\nann,1\n"), column: "x") == ["1"])
        #expect(throws: CommandRefusal.self) { try KeyFile.read(try path("c.txt", "\n\n"), column: nil) }
        #expect(throws: CommandRefusal.self) { try KeyFile.read(try path("d.csv", "id\n"), column: nil) }
    }

    @Test func aKeyIsCountedOnce() {
        // One key to Swift, two to everybody else.
        #expect(KeyFile.distinct(["a", "\u{E9}", "a", "e\u{301}"]).map { Array($0.utf8).count } == [1, 2, 3])
    }
}
