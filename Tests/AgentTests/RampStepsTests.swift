import Flags
import Testing

@testable import Agent

@Suite struct RampStepsTests {
    /// From 0 to `to` percent, a step each ten seconds.
    private static func ramp(from start: Int, steps: Int) -> [UInt8] {
        Array(
            """
            {"defaultVariant":"off","rollout":{"ramp":{"end":\(start + 10 * steps),"from":0,"start":\(start),\
            "to":\(Double(steps) / 100)},"variant":"on"},"state":"ENABLED","variants":{"off":false,"on":true}}
            """.utf8)
    }

    private static func set(_ flags: [String: [UInt8]]) throws -> FlagSet {
        var set = FlagSet()
        for (key, bytes) in flags { try set.put(flag: key, storedBytes: bytes) }
        return set
    }

    @Test func eachStepIsToldOnce() throws {
        let flags = try Self.set(["a": Self.ramp(from: 1_000, steps: 3), "b": Self.ramp(from: 1_010, steps: 1)])
        var steps = RampSteps(from: 990)
        var told: [Int64: [String]] = [:]
        for now: Int64 in 990...1_050 {
            let keys = steps.take(at: now, generation: 1) { flags }
            if !keys.isEmpty { told[now] = keys }
            #expect(steps.due == (now < 1_010 ? 1_010 : now < 1_020 ? 1_020 : now < 1_030 ? 1_030 : nil))
        }
        #expect(told == [1_010: ["a"], 1_020: ["a", "b"], 1_030: ["a"]])
    }

    @Test func stepsThatWereSleptThroughAreToldTogether() throws {
        let flags = try Self.set(["a": Self.ramp(from: 1_000, steps: 3), "b": Self.ramp(from: 1_010, steps: 1)])
        var steps = RampSteps(from: 1_000)
        let first = steps.take(at: 1_000, generation: 1) { flags }
        let late = steps.take(at: 5_000, generation: 1) { flags }
        #expect(first == [] && late == ["a", "b"])
        #expect(steps.due == nil)
    }

    @Test func onlyASwapOrAStepIsAReasonToLook() throws {
        var looks = 0
        var steps = RampSteps(from: 1_000)
        var flags = FlagSet()
        func take(_ now: Int64, _ generation: UInt64) -> [String] {
            steps.take(at: now, generation: generation) {
                looks += 1
                return flags
            }
        }
        for now: Int64 in 1_000...1_100 { #expect(take(now, 1) == []) }
        #expect(looks == 1)
        // Steps that passed before the ramp came are no news: its coming told of the flag.
        flags = try Self.set(["a": Self.ramp(from: 1_080, steps: 4)])
        #expect(take(1_101, 2) == [])
        #expect(looks == 2 && steps.due == 1_110)
        #expect(take(1_110, 2) == ["a"])
        #expect(take(1_111, 2) == [])
        #expect(looks == 3 && steps.due == 1_120)
        flags = FlagSet()
        #expect(take(1_200, 3) == [])
        #expect(steps.due == nil)
    }

    @Test func aClockThatIsSetBackTellsNothingTwice() throws {
        let flags = try Self.set(["a": Self.ramp(from: 1_000, steps: 2)])
        var steps = RampSteps(from: 1_000)
        var told: [String] = []
        for now: Int64 in [1_005, 1_010, 1_001, 1_010, 1_015] { told += steps.take(at: now, generation: 1) { flags } }
        #expect(told == ["a"])
    }
}
