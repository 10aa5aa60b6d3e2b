import JSON
import Testing

@Suite struct JSONReaderTests {
    @Test(arguments: [
        ("null", "null"), (" true ", "true"), ("false\n", "false"), ("0", "0"), ("-0", "0"), ("-1", "-1"),
        ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
        ("10.0", "10.0"), ("1e2", "100.0"), ("0.1", "0.1"), ("-0.0", "-0.0"), ("1E-7", "1e-07"), ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"), ("1e-400", "0.0"),
        ("[]", "[]"), ("[ 1 , [ ] ]", "[1,[]]"), ("{}", "{}"), (#"{"b":1,"a":{"c":[]}}"#, #"{"b":1,"a":{"c":[]}}"#),
        (#""""#, #""""#), (#""a\"\\\/\b\f\n\r\t""#, #""a\"\\/\b\f\n\r\t""#), (#""\u00e9\u20AC""#, "\"é€\""),
        (#""\ud83d\ude00""#, "\"😀\""), ("\"é€😀\"", "\"é€😀\""), (#""\u0000\u001f""#, #""\u0000\u001f""#),
        ("\r\n\t {} \t", "{}"), ("\"\u{7F}\"", "\"\u{7F}\""),
    ])
    func accepts(text: String, written: String) {
        let read = JSONReader.read(text)
        #expect(read.problems.isEmpty)
        #expect(read.value?.compactText() == written)
    }

    @Test(arguments: [
        ("", 0, "empty"), ("  ", 2, "empty"), ("nul", 0, "null was expected"), ("nulL", 0, "null was expected"),
        ("1 2", 2, "after the end"), ("{}}", 2, "after the end"), ("[1,]", 2, "comma with nothing after it"),
        (#"{"a":1,}"#, 6, "comma with nothing after it"), ("[1 2]", 3, "comma or ]"), ("[", 1, "ends where a value"),
        ("[1", 2, "] is missing"), ("{", 1, "} is missing"), (#"{"a""#, 4, "colon"),
        (#"{"a":"#, 5, "ends where a value"),
        (#"{"a":1"#, 6, "} is missing"), (#"{"a" 1}"#, 5, "colon"), ("{a:1}", 1, "double quotes"),
        ("{'a':1}", 1, "double quotes only"), ("// c\n1", 0, "no comments"), ("# c", 0, "no comments"),
        ("01", 0, "leading zeros"), ("-01", 0, "leading zeros"), ("-", 0, "minus sign without digits"),
        ("1.", 0, "decimal point without"), (".5", 0, "value was expected"), ("1e", 0, "exponent without"),
        ("1e+", 0, "exponent without"), ("+1", 0, "value was expected"), ("NaN", 0, "value was expected"),
        ("1e400", 0, "too large"), ("-1e309", 0, "too large"), ("0x10", 1, "after the end"),
        ("\"a", 2, "closing quote"), (#""\"#, 2, "closing quote"), (#""\x""#, 1, "no escape"),
        (#""\u12""#, 1, "four hexadecimal"), (#""\u12g4""#, 1, "four hexadecimal"), (#""\ud800""#, 1, "surrogate"),
        (#""\udc00""#, 1, "surrogate"), (#""\ud800\u0041""#, 1, "surrogate"), (#""\ud800x""#, 1, "surrogate"),
        ("\"a\nb\"", 2, "control character (0xa)"), ("\u{FEFF}{}", 0, "BOM"), ("\u{1}", 0, "control character"),
        ("é", 0, "\"é\" where a value"), ("[1,,2]", 3, "value was expected"), ("]", 0, "value was expected"),
    ])
    func refuses(text: String, offset: Int, reason: String) throws {
        let read = JSONReader.read(text)
        #expect(read.value == nil)
        let problem = try #require(read.problems.first)
        #expect(read.problems.count == 1)
        #expect(problem.offset == offset)
        #expect(problem.reason.contains(reason), "\(problem)")
    }

    @Test(
        arguments: [
            ([0x22, 0x61, 0x80, 0x22], 2), ([0x22, 0xC0, 0x80, 0x22], 1), ([0x22, 0xC3, 0x22], 1),
            ([0x22, 0xE0, 0x80, 0x80, 0x22], 1), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),
            ([0x22, 0xF4, 0x90, 0x80, 0x80], 1),
            ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], 1), ([0x22, 0xC3, 0xA9, 0xFF, 0x22], 3), ([0x22, 0xE2, 0x82], 1),
            ([0x22, 0xF0, 0x9F, 0x98, 0x22], 1), ([0xFF], 0), ([0x5B, 0x80], 1),
            ([0x22, 0x5C, 0x6E, 0x61, 0xFE, 0x22], 4),
        ] as [([UInt8], Int)])
    func refusesInvalidUTF8(bytes: [UInt8], offset: Int) throws {
        for purpose in [JSONReader.Purpose.document, .context] {
            let read = JSONReader.read(bytes, purpose: purpose)
            #expect(read.value == nil)
            let problem = try #require(read.problems.first)
            #expect(problem.offset == offset)
            #expect(problem.reason.contains("invalid UTF-8"), "\(problem)")
            #expect(problem.reason.contains("offset \(offset)"), "\(problem)")
        }
    }

    @Test func refusesUTF16() {
        let read = JSONReader.read([0xFF, 0xFE, 0x7B, 0x00] as [UInt8])
        #expect(read.problems.first?.reason.contains("UTF-16") == true)
    }

    @Test func depth() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(JSONReader.read(nested(128)).value != nil)
        let over = JSONReader.read(nested(129))
        #expect(over.value == nil)
        #expect(over.problems.first?.offset == 128)
        #expect(over.problems.first?.reason.contains("deeper than 128") == true)
        #expect(JSONReader.read(nested(10_000)).value == nil)
        #expect(JSONReader.read(String(repeating: #"{"a":"#, count: 10_000)).value == nil)
        #expect(JSONReader.read(nested(3), maximumDepth: 2).value == nil)
    }

    @Test func size() {
        let text = "\"" + String(repeating: "x", count: 98) + "\""
        #expect(JSONReader.read(text, maximumBytes: 100).value != nil)
        let read = JSONReader.read(text, maximumBytes: 99)
        #expect(read.value == nil)
        #expect(read.problems.first?.reason.contains("100 bytes, more than the 99") == true)
        let large = [UInt8](repeating: 0x20, count: 16 << 20) + [UInt8(ascii: "1")]
        #expect(JSONReader.read(large).value == nil)
        #expect(JSONReader.read(Array(large.dropFirst())).value == 1)
    }

    @Test func collectsEveryDuplicate() {
        let text = """
            {"a": 1,
             "b": {"é": 1, "é": 2},
             "a": 2, "a": 3}
            """
        let read = JSONReader.read(text)
        #expect(read.value == ["a": 3, "b": ["é": 2]])
        #expect(
            read.problems.map(\.position) == [
                .init(line: 2, column: 16), .init(line: 3, column: 2), .init(line: 3, column: 10),
            ])
        #expect(
            read.problems.map(\.reason) == [
                "the key \"é\" stands twice in one object; the first stands at line 2, column 8",
                "the key \"a\" stands twice in one object; the first stands at line 1, column 2",
                "the key \"a\" stands twice in one object; the first stands at line 1, column 2",
            ])
        let context = JSONReader.read(text, purpose: .context)
        #expect(context.problems.isEmpty)
        #expect(context.value == read.value)
    }

    @Test func findsDuplicatesInLargeObjects() {
        let keys = (0..<1000).map { "key\($0)" } + ["key3", "key700", "key999", "é", "e\u{301}"]
        let text = "{" + keys.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        let read = JSONReader.read(text)
        #expect(read.value?.objectValue?.count == 1002)
        #expect(read.problems.count == 3)
        #expect(JSONReader.read(text, purpose: .context).value?.objectValue?.count == 1002)
    }

    @Test func integersBeyond64Bits() {
        let read = JSONReader.read("[9223372036854775808, -9223372036854775809, 18446744073709551616]")
        #expect(read.problems.count == 3)
        #expect(read.problems.first?.reason.contains("9223372036854775808 doesn't fit 64 bits") == true)
        #expect(
            read.value == [.double(9223372036854775808), .double(-9223372036854775808), .double(18446744073709551616)])
        let context = JSONReader.read("9223372036854775808", purpose: .context)
        #expect(context.problems.isEmpty)
        #expect(context.value == .double(9223372036854775808))
        let huge = JSONReader.read(String(repeating: "9", count: 400), purpose: .context)
        #expect(huge.value == nil && huge.problems.count == 1)
    }

    @Test func positionsCountLinesAndScalars() {
        #expect(JSONReader.read("[1,\n 2,\n é]").problems.first?.position == JSONPosition(line: 3, column: 2))
        #expect(JSONReader.read("[\"é€😀\", x]").problems.first?.position == JSONPosition(line: 1, column: 9))
        #expect(JSONReader.read("[\r\n\r,").problems.first?.position == JSONPosition(line: 3, column: 1))
        #expect(
            JSONReader.read("[1,").problems.first?.description
                == "line 1, column 4: the text ends where a value was expected")
    }
}
