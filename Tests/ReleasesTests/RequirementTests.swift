import Flags
import Releases
import Testing

@Suite struct RequirementTests {
    @Test(arguments: [
        "everywhere: checkout >= 1.4.2", "everywhere: checkout != blue", "everywhere: web-shop ~ 2.1",
        "present: checkout 1.4.2, at least 1 verified", "present: checkout green, at least 100000 verified",
    ]) func readsBackWhatItWrites(_ text: String) {
        #expect(Requirement(text)?.text == text)
    }

    @Test(arguments: [
        ("present: checkout 1.4.2", 1), ("present:checkout 1.4.2,at least 2", 2),
        (" present : checkout  1.4.2 , at  least 3 verified", 3),
    ]) func countMayBeLeftOut(_ text: String, _ count: Int) {
        #expect(Requirement(text) == .present(service: "checkout", version: "1.4.2", atLeast: count))
    }

    @Test(arguments: [
        "", "checkout >= 1.4.2", "everywhere checkout >= 1.4.2", "everywhere: checkout 1.4.2",
        "everywhere: checkout => 1",
        "everywhere: Checkout >= 1.4.2", "present: checkout", "present: checkout 1.4.2, at least 0",
        "present: checkout 1.4.2, at least 100001", "present: checkout 1.4.2, at most 2", "present: checkout 1.4.2,",
        "present: checkout 1.4.2, at least 2 verified, at least 3", "nowhere: checkout = 1",
    ]) func refusesOthers(_ text: String) {
        #expect(Requirement(text) == nil)
    }

    @Test func agentsAskForTheirOwnVersion() {
        #expect(Requirement("everywhere: checkout >= 1.4.2")?.ofAgent.text == "checkout >= 1.4.2")
        #expect(Requirement("present: checkout 1.4.2, at least 2")?.ofAgent.text == "checkout = 1.4.2")
    }

    @Test(arguments: [
        (0, "0s"), (59, "59s"), (60, "1m"), (90, "90s"), (3_600, "1h"), (5_400, "90m"), (86_400, "1d"), (172_800, "2d"),
    ]) func lengthsOfTime(_ seconds: Int64, _ text: String) {
        #expect(DurationText.text(of: seconds) == text)
        #expect(DurationText.seconds(of: text) == seconds)
    }

    @Test(arguments: ["", "m", "1", "-1s", "1.5h", "1w", "١s", "1 h", "9223372036854775807d"])
    func noLengthsOfTime(_ text: String) {
        #expect(DurationText.seconds(of: text) == nil)
    }
}
