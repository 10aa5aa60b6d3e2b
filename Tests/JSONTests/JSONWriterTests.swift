import Harness
import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func canonicalBytesSortByUTF8AndKeepNumbers() {
        let value = JSONReader.read(
            #"{"b": 1.50, "é": [ true, null ], "a\/": "\u00e9\u0007\"", "B": 10.0, "z": {"y":1,"x":2}}"#
        ).value
        #expect(
            value.map { String(decoding: $0.canonicalBytes(), as: UTF8.self) }
                == #"{"B":10.0,"a/":"é\u0007\"","b":1.5,"z":{"x":2,"y":1},"é":[true,null]}"#)
    }

    @Test func canonicalOrderIsThatOfBytesNotOfSwiftStrings() {
        // U+212B sorts behind U+00C5 in bytes, though Swift calls the two strings equal.
        let value: JSONValue = ["\u{212B}": 1, "\u{C5}": 2]
        #expect(value.objectValue?.count == 2)
        #expect(value.canonicalBytes() == Array("{\"\u{C5}\":2,\"\u{212B}\":1}".utf8))
    }

    @Test func compactKeepsOrder() {
        #expect((["b": 1, "a": [1.5, "x"]] as JSONValue).compactText() == #"{"b":1,"a":[1.5,"x"]}"#)
        #expect(JSONValue.double(.nan).compactText() == "null")
    }

    @Test func prettyIndentsByTwo() {
        let value: JSONValue = ["b": [1, ["c": .null]], "a": [:], "d": []]
        #expect(
            value.prettyText() == """
                {
                  "b": [
                    1,
                    {
                      "c": null
                    }
                  ],
                  "a": {},
                  "d": []
                }
                """)
    }

    @Test func everyValueReadsBackFromEveryText() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2_000 {
            let value = random.value()
            for text in [value.compactText(), value.prettyText()] {
                let read = JSONReader.read(text)
                #expect(read.problems.isEmpty && read.value == value, "\(text)")
            }
            let canonical = value.canonicalBytes()
            #expect(JSONReader.read(canonical).value?.canonicalBytes() == canonical)
        }
    }
}
