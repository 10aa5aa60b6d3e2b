import Flags
import Harness
import JSON
import Releases
import Testing

@Suite struct ReleasePlanTests {
    static let full = Plans.json(
        #"""
        {"name": "summer", "title": "The new checkout", "owner": "team-checkout",
         "changes": [{"flag": "cart", "variant": "on"}, {"component": "checkout", "version": "1.4.2"}],
         "requires": ["everywhere: cart >= 1.4.2", {"present": "checkout 1.4.2, at least 2 verified"}],
         "stages": [
           {"name": "staff", "pilots": ["staff"], "minimum": "1h", "advance": "by-itself"},
           {"pilots": ["early", "partners"]},
           {"percentage": 12.5, "minimum": 90},
           {"name": "everyone", "percentage": 100, "advance": "by-hand"}],
         "opens": "2026-12-01T10:00:00+01:00", "onRed": "rollback",
         "exclude": {"users": ["ann"], "pilots": ["banks"]}, "bucketBy": "account", "salt": "s",
         "notes": "Call Jo.", "announcement": {"users": "New!", "support": "See below.", "staff": null,
           "links": [{"title": "Training", "url": "https://example.com/t"}, {"url": "http://example.com"}]}}
        """#)

    @Test func readsAFullPlan() throws {
        let (read, problems) = ReleasePlan.read(Self.full)
        let plan = try #require(read)
        #expect(problems.isEmpty)
        #expect(plan.subjects == ["cart", ComponentKey.flagKey(of: "checkout")])
        #expect(plan.stages.map(\.name) == ["staff", "early, partners", "12.5 %", "everyone"])
        #expect(plan.stages.map(\.minimumSeconds) == [3_600, 0, 90, 0])
        #expect(plan.stages.map(\.advancesByItself) == [true, false, false, false])
        #expect(plan.opens == 1_796_115_600)
        #expect(plan.announcement.text(for: .staff) == "See below.")
        #expect(plan.announcement.links.map(\.title) == ["Training", "http://example.com"])
        #expect(ReleasePlan.read(plan.json).plan == plan)
        #expect(plan.pilots(atStage: 2) == ["staff", "early", "partners"])
        let staged = plan.staged(atStage: 2, opens: nil)
        #expect(staged.requires.map(\.text) == ["cart >= 1.4.2", "checkout = 1.4.2"])
        #expect(try StagedRelease(name: "summer", storedBytes: staged.storedBytes) == staged)
    }

    @Test func aComponentThatMovesMustBePresent() {
        let implied = Requirement.present(service: "checkout", version: "1.4.2", atLeast: 1)
        #expect(Plans.checkout().allRequirements == [implied])
        let more = Requirement.present(service: "checkout", version: "1.4.2", atLeast: 3)
        #expect(Plans.checkout(requires: [more]).allRequirements == [more])
        let other = Requirement.present(service: "checkout", version: "1.4.1", atLeast: 3)
        #expect(Plans.checkout(requires: [other]).allRequirements == [other, implied])
    }

    @Test func theTemplateGoesGradually() throws {
        let json = Plans.json(#"{"name":"a","template":"gradual","changes":[{"flag":"cart","variant":"on"}]}"#)
        let plan = try #require(ReleasePlan.read(json).plan)
        #expect(plan.stages.map(\.name) == ["staff", "pilot-customers", "1 %", "10 %", "50 %", "everyone"])
        #expect(plan.pilots(atStage: 5) == ["staff", "pilot-customers"])
        #expect(ReleasePlan.read(plan.json).plan == plan)
    }

    @Test func randomPlansReadBackEqual() {
        var random = SeededRandom(seed: 41)
        for _ in 0..<500 {
            let plan = RandomRelease.plan(&random)
            let (read, problems) = ReleasePlan.read(plan.json)
            #expect(read == plan)
            #expect(problems.allSatisfy { $0.severity == .warning }, "\(problems)")
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        /// Laid over the full plan; null takes a member out.
        var over: String
        var pointer: String
        var message: String
        var hint: String
        var testDescription: String { over }

        init(_ over: String, _ pointer: String, _ message: String, _ hint: String) {
            self.over = over
            self.pointer = pointer
            self.message = message
            self.hint = hint
        }
    }

    @Test(arguments: [
        Bad(#"{"name":null}"#, "", "has no name", "write \"name\""),
        Bad(#"{"name":7}"#, "/name", "a number", "in quotes"),
        Bad(#"{"name":"Summer!"}"#, "/name", "\"Summer!\" can't name a release", "rename it"),
        Bad(#"{"titel":"x"}"#, "/titel", "no member \"titel\"", "did you mean \"title\"?"),
        Bad(#"{"colour":"x"}"#, "/colour", "no member \"colour\"", "the members are: name"),
        Bad(#"{"title":"a\nb"}"#, "/title", "line break", "on one line"),
        Bad(#"{"title":""}"#, "/title", "empty", "leave it out"),
        Bad(#"{"owner":["x"]}"#, "/owner", "an array", "a string"),
        Bad(#"{"changes":null}"#, "", "changes nothing", "{\"flag\": \"KEY\""),
        Bad(#"{"changes":[]}"#, "/changes", "changes nothing", "{\"flag\": \"KEY\""),
        Bad(#"{"changes":{"flag":"a"}}"#, "/changes", "an object", "it is a list"),
        Bad(#"{"changes":["cart"]}"#, "/changes/0", "a string", "{\"flag\": \"KEY\""),
        Bad(#"{"changes":[{"flag":"a"}]}"#, "/changes/0", "has no variant", "{\"flag\": \"KEY\""),
        Bad(#"{"changes":[{"component":"a"}]}"#, "/changes/0", "has no version", "\"version\""),
        Bad(#"{"changes":[{"component":"a","version":1.4}]}"#, "/changes/0/version", "a number", "in quotes"),
        Bad(
            #"{"changes":[{"component":"a","version":"1 4"}]}"#, "/changes/0/version", "\"1 4\" can't name a version",
            ""),
        Bad(#"{"changes":[{"component":"A","version":"1"}]}"#, "/changes/0/component", "\"A\" can't name", ""),
        Bad(#"{"changes":[{"flag":"","variant":"on"}]}"#, "/changes/0/flag", "can't be empty", ""),
        Bad(#"{"changes":[{"flag":"a","variant":true}]}"#, "/changes/0/variant", "a boolean", "in quotes"),
        Bad(#"{"changes":[{"flag":"a","variants":"x"}]}"#, "/changes/0/variants", "no member \"variants\"", "variant"),
        Bad(
            #"{"changes":[{"flag":"a","variant":"x"},{"flag":"a","variant":"y"}]}"#, "/changes/1",
            "flag \"a\" stands twice", "remove one"),
        Bad(#"{"requires":"everywhere: a >= 1"}"#, "/requires", "a string", "it is a list"),
        Bad(#"{"requires":["a >= 1"]}"#, "/requires/0", "\"a >= 1\" can't be read", "everywhere: checkout >= 1.4.2"),
        Bad(#"{"requires":[{"everywhere":"a"}]}"#, "/requires/0", "{\"everywhere\":\"a\"}", "everywhere: checkout"),
        Bad(
            #"{"requires":["everywhere: a >= 1",{"everywhere":"a >= 1"}]}"#, "/requires/1", "stands twice",
            "remove one"),
        Bad(#"{"stages":null}"#, "", "has no stages", "\"template\": \"gradual\""),
        Bad(#"{"stages":[]}"#, "/stages", "there is no stage", "it is a list"),
        Bad(#"{"template":"gradual"}"#, "", "both stages and a template", "leave one"),
        Bad(#"{"stages":null,"template":"gradul"}"#, "/template", "\"gradul\"", "did you mean \"gradual\"?"),
        Bad(#"{"stages":[{"percentage":101}]}"#, "/stages/0/percentage", "101", "0 to 100"),
        Bad(#"{"stages":[{"name":"x"}]}"#, "/stages/0", "reaches nobody", "pilots"),
        Bad(#"{"stages":[{"percentage":10},{"percentage":5}]}"#, "/stages/1/percentage", "5 %", "at least as much"),
        Bad(#"{"stages":[{"percentage":10},{"name":"10 %","pilots":["a"]}]}"#, "/stages/1", "stands twice", "a name"),
        Bad(#"{"stages":[{"percentage":100},{"percentage":100}]}"#, "/stages/1", "\"100 %\" stands twice", "a name"),
        Bad(#"{"stages":[{"percentage":10,"minimum":"1 week"}]}"#, "/stages/0/minimum", "\"1 week\"", "\"30m\""),
        Bad(#"{"stages":[{"percentage":10,"minimum":-1}]}"#, "/stages/0/minimum", "-1", "in seconds"),
        Bad(#"{"stages":[{"percentage":10,"advance":true}]}"#, "/stages/0/advance", "true", "\"by-hand\""),
        Bad(#"{"stages":[{"pilots":["S"]}]}"#, "/stages/0/pilots/0", "\"S\" can't name a pilot group", ""),
        Bad(#"{"stages":[{"pilots":["s","s"]}]}"#, "/stages/0/pilots/1", "stands twice", "remove one"),
        Bad(#"{"stages":[{"percent":10}]}"#, "/stages/0/percent", "no member \"percent\"", "percentage"),
        Bad(#"{"opens":"tomorrow"}"#, "/opens", "\"tomorrow\"", "2026-12-01T09:00:00Z"),
        Bad(#"{"opens":1796115600000}"#, "/opens", "1796115600000", "seconds since 1970"),
        Bad(#"{"onRed":"panic"}"#, "/onRed", "\"panic\"", "\"hold\" or \"rollback\""),
        Bad(#"{"exclude":["ann"]}"#, "/exclude", "an array", "{\"users\""),
        Bad(
            #"{"exclude":{"pilots":["staff"]}}"#, "/exclude", "both taken in by a stage and excluded", "one of the two"),
        Bad(#"{"announcement":"New!"}"#, "/announcement", "a string", "{\"users\""),
        Bad(#"{"announcement":{"links":[{"title":"x"}]}}"#, "/announcement/links/0", "no url", "\"url\""),
        Bad(
            #"{"announcement":{"links":[{"url":"javascript:alert(1)"}]}}"#, "/announcement/links/0/url",
            "\"javascript:alert(1)\"", "https://"),
    ]) func badPlansAreRefusedWhereTheyAreBad(_ bad: Bad) throws {
        var object = try #require(Self.full.objectValue)
        for member in try #require(Plans.json(bad.over).objectValue) {
            object[member.key] = member.value.isNull ? nil : member.value
        }
        let (plan, problems) = ReleasePlan.read(.object(object), at: JSONPointer().appending("plan"))
        #expect(plan == nil)
        let found = problems.first {
            $0.pointer.description == "/plan" + bad.pointer && $0.message.contains(bad.message)
        }
        #expect(found != nil, "\(problems)")
        #expect(found?.hint?.contains(bad.hint) ?? bad.hint.isEmpty, "\(problems)")
    }

    /// By what is new at it.
    @Test func stagesWithoutANameAreCalledByWhomTheyAdd() throws {
        let (plan, _) = ReleasePlan.read(
            Plans.json(
                #"""
                {"name":"a","changes":[{"flag":"a","variant":"b"}],
                 "stages":[{"pilots":["x"]},{"pilots":["y"],"percentage":5},{"pilots":["z"],"percentage":5},
                  {"name":"all","percentage":100},{"percentage":100}]}
                """#))
        #expect(try #require(plan).stages.map(\.name) == ["x", "5 %", "z", "all", "100 %"])
    }

    @Test func everythingWrongIsSaidAtOnce() {
        let (plan, problems) = ReleasePlan.read(
            Plans.json(#"{"name":"?","changes":[],"stages":[],"opens":"x","onRed":1}"#))
        #expect(plan == nil)
        #expect(problems.count == 5)
    }

    @Test func whatFollowsFromAMistakeIsntSaid() {
        let (_, problems) = ReleasePlan.read(
            Plans.json(
                #"""
                {"name":"a","changes":[{"flag":"a","variant":"b"}],
                 "stages":[{"percentage":101},{"percentage":"x"},{"percent":5},{"percentage":5}]}
                """#))
        #expect(
            problems.map(\.pointer.description) == [
                "/stages/0/percentage", "/stages/1/percentage", "/stages/2/percent",
            ])
    }

    @Test func aStageThatAddsNobodyIsWarnedOf() {
        let (plan, problems) = ReleasePlan.read(
            Plans.json(
                #"{"name":"a","changes":[{"flag":"a","variant":"b"}],"stages":[{"percentage":5},{"name":"wait"}]}"#))
        #expect(plan != nil)
        #expect(problems.map(\.severity) == [.warning])
    }
}
