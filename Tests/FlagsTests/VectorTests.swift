import Foundation
import HashTreeCollections
import JSON
import Testing

@testable import Flags

/// The public test vectors; where they come from stands beside them.
@Suite struct VectorTests {
    static func text(_ name: String) throws -> String {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/"
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: directory + name)), as: UTF8.self)
    }

    /// JSON as it was evaluated: 3 and 3.0 are one number.
    private static func normal(_ value: JSONValue) -> JSONValue {
        switch value {
        case .integer(let number): .double(Double(number))
        case .array(let elements): .array(elements.map(normal))
        case .object(let object):
            .object(JSONObject(members: object.map { JSONObject.Member(key: $0.key, value: normal($0.value)) }))
        default: value
        }
    }

    @Test func publicSuite() throws {
        let cases = try #require(JSONReader.read(try Self.text("jsonlogic-compatible.json")).value?.arrayValue)
        var passed = 0
        for case .object(let object) in cases {
            let rule = try #require(object["rule"])
            let result = try OperatorTests.result(
                of: rule.compactText(), data: object["data"]?.compactText() ?? "null")
            let got = try #require(JSONReader.read(result).value, "\(rule.compactText()): \(result)")
            let expected = try #require(object["result"])
            #expect(Self.normal(got) == Self.normal(expected), "\(rule.compactText())")
            if Self.normal(got) == Self.normal(expected) { passed += 1 }
        }
        print("public JSONLogic suite: \(passed) of 278")
        #expect(passed == 278)
    }

    @Test func fractionalVectors() throws {
        var checked = (v2: 0, v3: 0)
        let shares = (0..<1000).map { "[\"b\($0)\", 1]" }.joined(separator: ", ")
        func bucket(of value: JSONValue, _ bucketing: Bucketing) throws -> Int64? {
            // A list can't be bucketed by; it is the pair of flag key and targeting key that stands for none.
            let pair = value.arrayValue
            let by = pair == nil ? #"{"var": "key"}, "# : ""
            let json = try #require(JSONReader.read(#"{"fractional": ["# + by + shares + "]}").value)
            var compiler = ExpressionCompiler(references: .none, lenient: false)
            let expression = compiler.compile(json, at: JSONPointer())
            #expect(compiler.problems.isEmpty)
            let context = EvaluationContext(targetingKey: pair?[1].stringValue, attributes: ["key": value])
            let result = try Scope.with(
                .context(context), flagKey: pair?[0].stringValue ?? "f", flags: FlagSet(bucketing: bucketing)
            ) { scope throws(TargetingFault) in try expression.value(in: scope) }
            return result.stringValue.flatMap { Int64($0.dropFirst()) }
        }
        for line in try Self.text("fractional-vectors.jsonl").split(separator: "\n") {
            let vector = try #require(JSONReader.read(String(line)).value)
            let value = try #require(vector["in"])
            #expect(try bucket(of: value, .v3) == vector["v3_bucket_of_1000"]?.integerValue, "\(line)")
            var hash = Murmur3()
            hash.combine(cbor: value)
            #expect(Int64(hash.finish()) == vector["v3_hash"]?.integerValue, "\(line)")
            checked.v3 += 1
            guard let expected = vector["v2_bucket_of_1000"]?.integerValue else { continue }
            #expect(try bucket(of: value, .v2) == expected, "\(line)")
            var plain = Murmur3()
            plain.combine(try #require(value.stringValue))
            #expect(Int64(plain.finish()) == vector["v2_hash"]?.integerValue, "\(line)")
            checked.v2 += 1
        }
        print("fractional vectors: \(checked.v2) of v2, \(checked.v3) of v3")
        #expect(checked == (11, 51))
    }

    /// Keys whose hashes lie at the edges, from flagd's own tests.
    @Test(
        arguments: [
            ("ejOoVL", 0), ("bY9fO-", 1), ("SI7p-", 2_147_483_647), ("6LvT0", 2_147_483_648), ("ceQdGm", 4_294_967_295),
        ] as [(String, UInt32)])
    func edges(key: String, expected: UInt32) {
        for split in 0...key.utf8.count {
            var hash = Murmur3()
            let bytes = Array(key.utf8)
            hash.combine(String(decoding: bytes[..<split], as: UTF8.self))
            hash.combine(String(decoding: bytes[split...], as: UTF8.self))
            #expect(hash.finish() == expected)
        }
    }
}
