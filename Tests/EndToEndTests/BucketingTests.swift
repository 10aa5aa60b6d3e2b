import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// The bucketing that an environment was made with is what its agents answer by.
@Suite("Bucketing", .gently)
struct BucketingTests {
    /// One flag of 1,000 equal shares; variant `b17` is the bucket 17.
    private static let document: String = {
        let names = (0..<1000).map { "b\($0)" }
        let shares = names.map { "[\"\($0)\", 1]" }.joined(separator: ", ")
        let variants = names.map { "\"\($0)\": \"\($0)\"" }.joined(separator: ", ")
        return """
            {"flags": {"split": {"state": "ENABLED", "variants": {\(variants)}, "defaultVariant": "b0",
             "targeting": {"fractional": [{"var": "key"}, \(shares)]}}}}
            """
    }()

    private static func vectors() throws -> [JSONValue] {
        let path = Fixture.directory + "/../../FlagsTests/Fixtures/fractional-vectors.jsonl"
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap {
            JSONReader.read(String($0)).value
        }
    }

    @Test("public vectors of both generations through real agents, one of them restarted without its control node")
    func vectors() async throws {
        let cluster = try await Cluster(agents: 1)
        let control = cluster.control
        let created = try await control.run("environment", "create", "newer", "--bucketing", "v3")
        #expect(created.code == 0 && created.output.contains("bucketing v3"), "\(created)")
        let newer = AgentProcess("newer", in: cluster.directory.path, of: control, environment: "newer")
        try await newer.start()
        let file = try cluster.directory.write("split.json", Self.document)
        for environment in ["production", "newer"] {
            let applied = try await control.run("apply", file, "--environment", environment)
            #expect(applied.code == 0, "\(applied)")
        }
        try await newer.reaches(2)
        try await cluster.converged()

        func check(_ agent: AgentProcess, _ member: String) throws -> Int {
            let connection = try agent.connect()
            var checked = 0
            for vector in try Self.vectors() {
                // A list can't be bucketed by.
                guard let expected = vector[member]?.integerValue, let key = vector["in"], key.arrayValue == nil else {
                    continue
                }
                let answer = try connection.lookup("split", context: JSONValue.object(["key": key]).compactText())
                #expect(answer.variant == "b\(expected)", "\(vector.compactText()) in \(agent.name)")
                checked += 1
            }
            return checked
        }
        #expect(try check(cluster.agents[0], "v2_bucket_of_1000") == 11)
        #expect(try check(newer, "v3_bucket_of_1000") == 49)

        // What the environment is made of is neither exported nor rolled back.
        let exported = try await control.run("export", "--environment", "newer")
        #expect(exported.code == 0 && !exported.output.contains("bucketing"), "\(exported.errors)")
        let back = try await control.run("rollback", "1", "--environment", "newer")
        #expect(back.code == 0, "\(back)")
        try await newer.reaches(3)
        #expect(try control.environmentState("newer").entries == 1)
        #expect(try newer.connect().lookup("split").error?.name == "FLAG_NOT_FOUND")
        #expect(try await control.run("apply", file, "--environment", "newer").code == 0)
        try await newer.reaches(4)

        control.kill()
        newer.kill()
        try newer.launch()
        try await newer.answering()
        #expect(try check(newer, "v3_bucket_of_1000") == 49)
    }
}
