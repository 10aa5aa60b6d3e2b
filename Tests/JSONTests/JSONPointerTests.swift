import JSON
import Testing

@Suite struct JSONPointerTests {
    @Test(
        arguments: [
            ("", []), ("/", [""]), ("/flags/new-cart", ["flags", "new-cart"]),
            ("/a~1b/m~0n/~01", ["a/b", "m~n", "~1"]),
            ("/é/0", ["é", "0"]),
        ] as [(String, [String])])
    func textAndTokens(text: String, tokens: [String]) {
        #expect(JSONPointer(text)?.tokens == tokens)
        #expect(JSONPointer(tokens: tokens).description == text)
    }

    @Test(arguments: ["a", "/~", "/~2", "/a~"]) func refuses(text: String) { #expect(JSONPointer(text) == nil) }

    @Test func appendsAndLeads() {
        let pointer = JSONPointer().appending("a/b").appending(1)
        #expect(pointer.description == "/a~1b/1")
        #expect(pointer.value(in: ["a/b": [1, "two"]]) == "two")
        #expect(pointer.value(in: ["a/b": [1]]) == nil)
    }

    @Test(arguments: [
        ("", 1, 1), ("/flags", 2, 12), ("/flags/a", 3, 10), ("/flags/a/targeting/if/1", 4, 43),
        ("/flags/a/targeting/if/0/==/1", 4, 38), ("/flags/a~1b", 5, 12), ("/flags/a/nothing", 3, 10),
        ("/flags/a/targeting/if/9", 4, 26), ("/flags/twice", 7, 14), ("/flags/é", 6, 10),
    ])
    func isLocated(pointer: String, line: Int, column: Int) throws {
        let text = #"""
            {
              "flags": {
                "a": {"state": "}]\"",
                "targeting" : {"if": [{"==": [1, 2]}, "on"]}},
                "a/b": 1,
                "é": -1.5e3, "twice": 1,
                "twice": 2
              }
            }
            """#
        let found = JSONLocator.position(of: try #require(JSONPointer(pointer)), in: Array(text.utf8))
        #expect(found == JSONPosition(line: line, column: column))
    }

    @Test func locatorSurvivesBrokenTexts() {
        let pointer = JSONPointer(tokens: ["a", "0"])
        for text in ["", "{", #"{"a"#, #"{"a""#, #"{"a":"#, #"{"a":["#, #"{"a":}"#, "]", #"{"a":[\u"#, #"{1:2}"#] {
            _ = JSONLocator.position(of: pointer, in: Array(text.utf8))
        }
        #expect(JSONLocator.position(of: pointer, in: Array(#"{"b":1"#.utf8)) == nil)
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(JSONLocator.position(of: pointer, in: deep) == nil)
        #expect(JSONLocator.position(of: JSONPointer(tokens: ["0"]), in: deep) == JSONPosition(line: 1, column: 2))
    }
}
