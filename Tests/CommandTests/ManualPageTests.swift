import ArgumentParser
import Foundation
import Testing

@testable import pilotlight

@Suite struct ManualPageTests {
    private static let variables = OptionVariables(commandTree: PilotlightCommand._dumpHelp())
    private static let page = ManualPage(
        commandTree: PilotlightCommand._dumpHelp(), version: PilotlightCommand.version
    ).text

    @Test(arguments: HelpTests.leaves.filter { $0 != ["manual"] })
    func everyCommandIsInItWithItsOptionsVariablesAndExamples(_ words: [String]) throws {
        let title = ".SS " + ManualPage.escaped("pilotlight " + words.joined(separator: " "))
        let sections = Self.page.components(separatedBy: "\n.SS ").map { ".SS " + $0 }
        let section = try #require(
            sections.first { $0.hasPrefix(title + "\n") || $0.hasPrefix(title + " ") }, "no section for \(words)")
        for (variable, option) in Self.variables.all(for: words) {
            #expect(section.contains("\\fB" + ManualPage.escaped(option) + "\\fR"), "\(words): \(option)")
            #expect(Self.page.contains(".TP\n.B " + ManualPage.escaped(variable) + "\n"), "\(variable)")
        }
        for example in CommandTree.examples(for: words) {
            #expect(section.contains("\n" + ManualPage.escaped(example.line) + "\n"), "\(example.line)")
        }
    }

    @Test func whatWouldBeAMacroIsText() {
        #expect(ManualPage.escaped(".x -y \\z") == "\\&.x \\-y \\ez")
        #expect(ManualPage.escaped("'x") == "\\&'x")
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/groff")))
    func groffHasNoComplaint() throws {
        let groff = Process()
        groff.executableURL = URL(fileURLWithPath: "/usr/bin/groff")
        groff.arguments = ["-man", "-ww", "-z"]
        let input = Pipe()
        let errors = Pipe()
        groff.standardInput = input
        groff.standardError = errors
        try groff.run()
        try input.fileHandleForWriting.write(contentsOf: Data(Self.page.utf8))
        try input.fileHandleForWriting.close()
        let said = try errors.fileHandleForReading.readToEnd().map { String(decoding: $0, as: UTF8.self) } ?? ""
        groff.waitUntilExit()
        #expect(groff.terminationStatus == 0 && said.isEmpty, "\(said)")
    }
}
