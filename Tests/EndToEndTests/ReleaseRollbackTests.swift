import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// A release that is taken back after much else has changed: what it changed is as it was before, and nothing else is.
@Suite("A release's roll back", .gently)
struct ReleaseRollbackTests {
    /// 100,000 in the full run (scripts/release-crashes), fewer in CI.
    private static let users = (0..<count).map { "user-\($0)" }
    private static let count =
        ProcessInfo.processInfo.environment["PILOTLIGHT_ROLLBACK_USERS"].flatMap { Int($0) } ?? 10_000

    enum Station: String, Sendable, CaseIterable { case running, held, launched }

    private static let shop = Crowd.key(of: "shop")
    private static let released = ["checkout", "banner", shop]
    private static let all = released + ["other"]

    private static let document = """
        {"flags": {
          "checkout": {"state": "ENABLED", "variants": {"on": 1, "off": 0, "trial": 2, "vip": 3},
           "defaultVariant": "off",
           "targeting": {"if": [{"in_pilot": "trialists"}, "trial"]},
           "rollout": {"variant": "on", "percentage": 20, "pilots": ["beta"], "exclude": {"users": ["user-4"]}}},
          "banner": {"state": "ENABLED", "variants": {"plain": "p", "fancy": "f", "loud": "l"},
           "defaultVariant": "plain"},
          "other": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
           "rollout": {"variant": "on", "percentage": 30, "pilots": ["beta"]}}},
         "components": {"shop": {"versions": {"1.0.0": {}, "1.1.0": {}, "2.0.0": {}}, "defaultVersion": "1.0.0",
           "split": {"1.0.0": 70, "1.1.0": 30}, "pilots": [{"pilot": "early", "version": "1.1.0"}]}},
         "pilots": {"beta": {"members": ["user-1", "user-2", "user-3", "user-4", "user-5"]},
           "trialists": {"members": ["user-3", "user-6"]}, "early": {"members": ["user-7", "user-8"]},
           "staff": {"members": ["user-9", "user-10", "user-6"]}, "vips": {"members": ["user-11", "user-12"]}}}
        """
    private static let plan = """
        {"name": "summer", "changes": [{"flag": "checkout", "variant": "on"}, {"flag": "banner", "variant": "fancy"},
          {"component": "shop", "version": "2.0.0"}],
         "stages": [{"name": "staff", "pilots": ["staff"]}, {"name": "third", "percentage": 33}]}
        """

    /// The release at its second stage, and what users got before it.
    private static func begin(_ users: [String] = users) async throws -> (
        cluster: Cluster, before: ReleaseRollbackAnswers
    ) {
        let cluster = try await Cluster(agents: 1, options: ["--service", "shop", "--service-version", "2.0.0"])
        try await cluster.apply(document)
        try await cluster.done("deployment", "record", "shop", "2.0.0")
        try await cluster.done("deployment", "verify", "shop", "2.0.0", "--passed")
        let before = try await ReleaseRollbackAnswers(all, for: users, of: cluster.agents[0])
        try await cluster.done("release", "create", try cluster.directory.write("summer.json", plan))
        try await cluster.done("release", "start", "summer")
        try await cluster.done("release", "advance", "summer")
        return (cluster, before)
    }

    /// The definition of a flag or component as a document has it.
    private static func definition(_ kind: String, _ name: String, _ cluster: Cluster) async throws -> JSONObject {
        let exported = try await cluster.control.run("export")
        guard let definition = exported.json[kind]?[name]?.objectValue else {
            throw HarnessError("no \(name) in \(exported)")
        }
        return definition
    }

    /// Changes of what the release doesn't change; for user-20 and user-2 membership decides.
    private static func changeElse(_ cluster: Cluster) async throws {
        try await cluster.done("flag", "ramp", "other", "--percent", "60")
        try await cluster.apply(
            """
            {"flags": {"fresh": {"state": "ENABLED", "variants": {"a": "a", "b": "b"}, "defaultVariant": "a",
               "rollout": {"variant": "b", "percentage": 50, "pilots": ["beta"]}}},
             "components": {"front": {"versions": {"7": {}}, "defaultVersion": "7"}}}
            """)
        try await cluster.done("pilot", "add", "beta", "user-20", "user-21")
        try await cluster.done("pilot", "remove", "beta", "user-2")
        try await cluster.done("pilot", "add", "early", "user-22")
        try await cluster.done("pilot", "create", "newcomers")
    }

    @Test("what a release changed is as before, whatever else was changed meanwhile", arguments: Station.allCases)
    func takenBack(_ station: Station) async throws {
        let (cluster, before) = try await Self.begin()
        let agent = cluster.agents[0]
        let flag = try await Self.definition("flags", "checkout", cluster)
        let component = try await Self.definition("components", "shop", cluster)
        let during = try await ReleaseRollbackAnswers(Self.all, for: Self.users, of: agent)
        for subject in Self.released {
            #expect(during.differing(from: before, subject).count > Self.count / 5, "\(subject)")
        }
        #expect(during["other"] == before["other"])
        switch station {
        case .running: break
        case .held: try await cluster.done("release", "hold", "summer")
        case .launched:
            try await cluster.done("release", "launch", "summer")
            let launched = try await ReleaseRollbackAnswers(Self.all, for: Self.users, of: agent)
            // Users whom targeting names keep their answer.
            #expect(launched.count("checkout", "on") == Self.count - 2 && launched.count("checkout", "trial") == 2)
            #expect(launched.count("banner", "fancy") == Self.count && launched.count(Self.shop, "2.0.0") == Self.count)
        }
        try await Self.changeElse(cluster)
        var (expectedFlag, expectedComponent) = (flag, component)
        if station == .launched {
            (expectedFlag, expectedComponent) = try await Self.changeOtherMembers(cluster, flag, component)
        }
        let rest = Self.all.filter { !Self.released.contains($0) } + ["fresh", Crowd.key(of: "front")]
        let mid = try await ReleaseRollbackAnswers(rest, for: Self.users, of: agent)

        let done = try await cluster.done("release", "rollback", "summer", "--message", "too loud")
        #expect(done.output.contains("rolled"), "\(done)")
        let after = try await ReleaseRollbackAnswers(Self.released, for: Self.users, of: agent)
        #expect(try await ReleaseRollbackAnswers(rest, for: Self.users, of: agent) == mid, "the rest is untouched")
        #expect(after.differing(from: before, "banner").isEmpty)
        // What isn't the release's has its effect: members who came and went, and targeting that is new.
        var checkout: [String: String] = [
            "user-20": "on TARGETING_MATCH", "user-21": "on TARGETING_MATCH", "user-2": after["checkout"][2],
        ]
        if station == .launched { for user in ["user-11", "user-12"] { checkout[user] = "vip TARGETING_MATCH" } }
        Self.check(after, before, "checkout", but: checkout)
        Self.check(after, before, Self.shop, but: ["user-22": "1.1.0 TARGETING_MATCH"])
        #expect(try await Self.definition("flags", "checkout", cluster) == expectedFlag)
        #expect(try await Self.definition("components", "shop", cluster) == expectedComponent)
        let shown = try await cluster.control.run("release", "show", "summer")
        #expect(shown.output.contains("rolled back") && shown.output.contains("too loud"), "\(shown)")
        #expect(try await cluster.refused("release", "rollback", "summer").contains("rolled back"))
    }

    /// As before, but for some users.
    private static func check(
        _ after: ReleaseRollbackAnswers, _ before: ReleaseRollbackAnswers, _ subject: String, but some: [String: String]
    ) {
        let wrong = users.indices.filter { after[subject][$0] != some[users[$0], default: before[subject][$0]] }
        #expect(
            wrong.isEmpty,
            "\(subject): \(wrong.prefix(5).map { "\(users[$0]) \(before[subject][$0]) → \(after[subject][$0])" })")
    }

    /// Changes members of launched definitions that the launch left alone. Gives what the definitions are to be at last.
    private static func changeOtherMembers(
        _ cluster: Cluster, _ flag: JSONObject, _ component: JSONObject
    ) async throws -> (flag: JSONObject, component: JSONObject) {
        let targeting: JSONValue = [
            "if": [["in_pilot": "trialists"], "trial", ["in_pilot": "vips"], "vip"]
        ]
        var launched = try await definition("flags", "checkout", cluster)
        launched["targeting"] = targeting
        launched["description"] = "said since"
        let document = JSONValue.object(["flags": .object(["checkout": .object(launched)])])
        try await cluster.done("apply", try cluster.directory.write("since.json", document.compactText()))
        try await cluster.done("component", "add-version", "shop", "3.0.0")
        var (flag, component) = (flag, component)
        flag["targeting"] = targeting
        flag["description"] = "said since"
        var versions = component["versions"]?.objectValue ?? [:]
        versions["3.0.0"] = .object([:])
        component["versions"] = .object(versions)
        return (flag, component)
    }

    @Test("what was changed again since the launch is a conflict: named, and left alone where that is wanted")
    func conflicts() async throws {
        let users = Array(Self.users.prefix(1_000))
        let (cluster, before) = try await Self.begin(users)
        let agent = cluster.agents[0]
        try await cluster.done("release", "launch", "summer")
        try await cluster.done("flag", "default", "banner", "loud")
        try await cluster.done("component", "default", "shop", "1.1.0", "--unchecked")
        try await cluster.done("flag", "ramp", "other", "--percent", "60")
        let mid = try await ReleaseRollbackAnswers(Self.all, for: users, of: agent)
        let number = try cluster.control.environmentState().number

        let refused = try await cluster.refused("release", "rollback", "summer")
        #expect(refused.contains("summer") && refused.contains("--skip-conflicts"), "\(refused)")
        #expect(refused.contains("banner") && refused.contains("shop") && !refused.contains("checkout"), "\(refused)")
        #expect(try cluster.control.environmentState().number == number)
        #expect(try await ReleaseRollbackAnswers(Self.all, for: users, of: agent) == mid)

        try await cluster.done("release", "rollback", "summer", "--skip-conflicts")
        let after = try await ReleaseRollbackAnswers(Self.all, for: users, of: agent)
        #expect(after["checkout"] == before["checkout"])
        #expect(after["other"] == mid["other"])
        #expect(after.count("banner", "loud") == users.count)
        #expect(try await Self.definition("components", "shop", cluster)["defaultVersion"] == "1.1.0")
    }
}
