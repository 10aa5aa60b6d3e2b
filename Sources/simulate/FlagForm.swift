import Flags

/// One form of a flag or of a component, whose versions are then `in` and `out`. Each change stamps the forms it writes, so that an answer tells which change it is from.
struct FlagForm: Hashable {
    struct Requirement: Hashable {
        var flag: String
        var variant: String
    }

    var stamp: Int
    /// Members of this group get the other variant.
    var gate: String?
    var rollout: RolloutForm?
    /// A component's share of `in`, in percent.
    var split: Int?
    /// Another flag must give this variant.
    var requires: Requirement?
    var isDisabled = false
    /// It can't be compiled.
    var isBroken = false
    /// Bytes of ballast, to make large deltas.
    var ballast = 0

    /// Two users may be answered differently.
    var hasRules: Bool { gate != nil || rollout != nil || requires != nil || split != nil }

    func value(of variant: String) -> String { "\(variant)-\(stamp)" }

    /// The definition as canonical JSON.
    func bytes(at key: String) -> [UInt8] { ComponentKey.isComponent(key) ? componentBytes : flagBytes }

    /// Each version's upstream bears the stamp.
    private var componentBytes: [UInt8] {
        if isBroken {
            return Array("{\"defaultVersion\":\"none\",\"versions\":{\"out\":{\"upstream\":\"\(stamp)\"}}}".utf8)
        }
        var text = "{\"defaultVersion\":\"out\","
        if let gate { text += "\"pilots\":[{\"pilot\":\"\(gate)\",\"version\":\"in\"}]," }
        if let rollout { text += "\"rollout\":\(rollout.text)," }
        switch split {
        case nil, 0?: break
        case 100?: text += "\"split\":[[\"in\",10000]],"
        case let share?: text += "\"split\":[[\"in\",\(share * 100)],[null,\(10_000 - share * 100)]],"
        }
        text += "\"versions\":{\"in\":{\"upstream\":\"in-\(stamp)\"},\"out\":{\"upstream\":\"out-\(stamp)\"}}}"
        return Array(text.utf8)
    }

    private var flagBytes: [UInt8] {
        if isBroken {
            // Two ways to be no flag: not the JSON of one, and a default variant that isn't there.
            return Array(
                (stamp % 2 == 0
                    ? "\"not a flag \(stamp)\""
                    : "{\"defaultVariant\":\"none\",\"state\":\"ENABLED\",\"variants\":{\"out\":\"\(stamp)\"}}").utf8)
        }
        var text = "{\"defaultVariant\":\"out\","
        if ballast > 0 { text += "\"metadata\":{\"ballast\":\"" + String(repeating: "x", count: ballast) + "\"}," }
        if let requires {
            let component = ComponentKey.component(of: requires.flag)
            text +=
                component.map { "\"prerequisites\":[{\"component\":\"\($0)\",\"version\":\"\(requires.variant)\"}]," }
                ?? "\"prerequisites\":[{\"flag\":\"\(requires.flag)\",\"variant\":\"\(requires.variant)\"}],"
        }
        if let rollout { text += "\"rollout\":\(rollout.text)," }
        text += "\"state\":\"\(isDisabled ? "DISABLED" : "ENABLED")\","
        if let gate { text += "\"targeting\":{\"if\":[{\"in_pilot\":\"\(gate)\"},\"in\",null]}," }
        text += "\"variants\":{\"in\":\"in-\(stamp)\",\"out\":\"out-\(stamp)\"}}"
        return Array(text.utf8)
    }
}

/// The rollout of a flag's variant `in`.
struct RolloutForm: Hashable {
    var pilot: String?
    var excludedUser: String?
    var excludedGroup: String?
    /// Percent.
    var share: Int
    /// It moves away from the share, later than the run's lookups are.
    var isRamp = false

    /// When a ramp begins and ends; seconds. It has a step each second, and each costs something to compile.
    static let rampTimes = (start: 1_000, end: 1_004)

    /// Canonical JSON.
    var text: String {
        var text = "{"
        var excluded: [String] = []
        if let excludedGroup { excluded.append("\"pilots\":[\"\(excludedGroup)\"]") }
        if let excludedUser { excluded.append("\"users\":[\"\(excludedUser)\"]") }
        if !excluded.isEmpty { text += "\"exclude\":{\(excluded.joined(separator: ","))}," }
        if !isRamp { text += "\"percentage\":\(share)," }
        if let pilot { text += "\"pilots\":[\"\(pilot)\"]," }
        if isRamp {
            let (start, end) = Self.rampTimes
            text += "\"ramp\":{\"end\":\(end),\"from\":\(share),\"start\":\(start),\"to\":\(100 - share)},"
        }
        return text + "\"variant\":\"in\"}"
    }
}
