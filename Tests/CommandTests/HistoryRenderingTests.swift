import JSON
import Testing

@testable import pilotlight

/// What commands print of the past, and of changes of many entries.
@Suite struct HistoryRenderingTests {
    private static func entry(
        _ number: Int64, _ diff: JSONValue, event: String = "change", message: String = "why"
    ) -> JSONValue {
        [
            "revision": ["epoch": ["counter": 2, "id": "aa"], "number": .integer(number)],
            "time": "2026-01-31T10:20:30.123Z", "actor": "ann", "message": .string(message), "event": .string(event),
            "diff": diff,
        ]
    }

    private static let change: JSONValue = [
        "op": "change", "kind": "flag", "key": "a", "detail": "defaultVariant: off → on",
        "before": ["defaultVariant": "off", "state": "ENABLED"], "after": ["defaultVariant": "on", "state": "ENABLED"],
    ]

    private static func added(_ key: String) -> JSONValue {
        ["op": "add", "kind": "flag", "key": .string(key), "detail": "variants: on"]
    }

    @Test func history() throws {
        let answer: JSONValue = [
            "history": [
                Self.entry(42, [Self.change]),
                Self.entry(41, [Self.added("a"), Self.added("b"), Self.added("c"), Self.added("d")], message: ""),
                Self.entry(40, [], event: "epoch"), Self.entry(0, [], event: "created"),
            ], "next": "0", "oldest": 0,
        ]
        #expect(
            try Rendered.text("history", answer) == """
                REVISION  TIME (UTC)           WHO  WHY  WHAT
                42        2026-01-31 10:20:30  ann  why  ~ flag a  defaultVariant: off → on
                41        2026-01-31 10:20:30  ann       + flag a, + flag b, + flag c, 1 more
                40        2026-01-31 10:20:30  ann  why  epoch 2 begun
                0         2026-01-31 10:20:30  ann  why  environment created
                4 revisions of production; --limit 100 shows more
                """)
        let lines = try Rendered.text("history a", answer, .plain).split(separator: "\n")
        #expect(lines[0] == "42\t2026-01-31T10:20:30.123Z\tann\twhy\t~ flag a  defaultVariant: off → on")
        #expect(lines.count == 4)
        let trimmed: JSONValue = ["history": [], "next": .null, "oldest": 12]
        #expect(
            try Rendered.text("history", trimmed).hasSuffix("0 revisions of production; older ones are no longer kept"))
        #expect(try Rendered.text("history a", trimmed).hasSuffix("0 revisions of a"))
    }

    @Test func historyShow() throws {
        #expect(
            try Rendered.text("history show 42", Self.entry(42, [Self.change])) == """
                revision 42 (epoch 2)
                time     2026-01-31T10:20:30.123Z
                actor    ann
                message  why

                ~ flag a  defaultVariant: off → on
                    {
                  −   "defaultVariant": "off",
                  +   "defaultVariant": "on",
                      "state": "ENABLED"
                    }
                """)
        let coloured = try Rendered.text("history show 42", Self.entry(42, [Self.change]), .coloured)
        #expect(coloured.contains("\u{1B}[31m  −   \"defaultVariant\": \"off\",\u{1B}[0m"))
        #expect(coloured.contains("\u{1B}[32m  +   \"defaultVariant\": \"on\",\u{1B}[0m"))
        let epoch = try Rendered.text("history show 40", Self.entry(40, [], event: "epoch", message: "a\u{1B}b"))
        #expect(epoch.hasSuffix("message  a\\u{1B}b\n\nepoch 2 begun"))
    }

    @Test func watchedChanges() {
        let entry = HistoryEntry(json: Self.entry(42, [Self.change]))
        #expect(entry.line(.plain) == "42\t2026-01-31T10:20:30.123Z\tann\twhy\t~ flag a  defaultVariant: off → on")
        #expect(entry.line(.colourless) == "42  2026-01-31 10:20:30  ann  why  ~ flag a  defaultVariant: off → on")
    }

    @Test(arguments: ["rollback 41", "environment promote staging production"])
    func changesOfMany(_ words: String) throws {
        let gone: JSONValue = ["op": "remove", "kind": "pilot", "key": "g", "detail": ""]
        let answer: JSONValue = [
            "revision": Rendered.revision, "published": true, "diff": [Self.added("b"), Self.change, gone],
        ]
        let lines = "+ flag b  variants: on\n~ flag a  defaultVariant: off → on\n− pilot g"
        #expect(try Rendered.text(words, answer) == lines + "\nrevision 41 (epoch 2)")
        #expect(
            try Rendered.text(words + " --dry-run", answer)
                == lines + "\ndry run, nothing is published: revision 41 (epoch 2)")
        #expect(try Rendered.text(words, answer, .coloured).hasPrefix("\u{1B}[32m+ flag b\u{1B}[0m  variants: on\n"))
    }

    @Test func apply() {
        let answer: JSONValue = [
            "revision": Rendered.revision, "published": true, "diff": [Self.change],
            "prunable": [["kind": "flag", "key": "old"]],
            "warnings": [["document": "f.json", "line": 3, "column": 9, "message": "odd"]],
        ]
        #expect(
            ApplyCommand.text(for: answer, dryRun: false, .colourless) == """
                ~ flag a  defaultVariant: off → on
                − flag old  no file names it any more
                warning: f.json:3:9: odd
                revision 41 (epoch 2)
                """)
    }

    @Test func environmentDiff() throws {
        let answer: JSONValue = [
            "from": ["environment": "production", "revision": Rendered.revision],
            "to": ["environment": "staging", "revision": Rendered.revision], "diff": [Self.change],
        ]
        #expect(
            try Rendered.text("environment diff production staging", answer) == """
                ~ flag a  defaultVariant: off → on
                1 entry differs: production at revision 41 (epoch 2), staging at revision 41 (epoch 2)
                """)
        #expect(try Rendered.text("environment diff a b", ["diff": []]).hasPrefix("no difference: "))
    }
}
