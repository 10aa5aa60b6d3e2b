import JSON

/// What the requirements of a release come to.
package struct GateResult: Sendable, Hashable {
    package enum Verdict: String, Sendable, Hashable, CaseIterable {
        case green
        case red
        /// The control node has just started and hasn't heard everyone it knew.
        case unknown
    }

    /// Of one requirement.
    package struct Check: Sendable, Hashable {
        package var requirement: Requirement
        package var verdict: Verdict
        /// Red for want of agents that are heard, not by what one of them says.
        package var isBySilence: Bool
        package var detail: String
        /// Names of those in the way, sorted.
        package var agents: [String]
        /// What helps, where something other than the deployment may be at fault.
        package var hint: String?

        package init(
            _ requirement: Requirement, _ verdict: Verdict, isBySilence: Bool = false, detail: String,
            agents: [String] = [], hint: String? = nil
        ) {
            self.requirement = requirement
            self.verdict = verdict
            self.isBySilence = isBySilence
            self.detail = detail
            self.agents = agents
            self.hint = hint
        }

        package var json: JSONValue {
            .object([
                "requirement": .string(requirement.text), "verdict": .string(verdict.rawValue),
                "detail": .string(detail), "agents": .array(agents.map { .string($0) }),
                "hint": hint.map { .string($0) } ?? .null,
            ])
        }
    }

    package var checks: [Check]

    package init(_ checks: [Check]) { self.checks = checks }

    /// Nothing is required.
    package static let none = GateResult([])

    /// Red if one is, else unknown if one is.
    package var verdict: Verdict {
        if checks.contains(where: { $0.verdict == .red }) { return .red }
        return checks.contains { $0.verdict == .unknown } ? .unknown : .green
    }

    /// Red, and nothing that was reported makes it so.
    package var isBySilence: Bool {
        let red = checks.filter { $0.verdict == .red }
        return !red.isEmpty && red.allSatisfy(\.isBySilence)
    }

    /// Of the checks that aren't green.
    package var details: [String] { checks.filter { $0.verdict != .green }.map(\.detail) }

    /// Of the checks that aren't green, each once.
    package var hints: [String] {
        var hints: [String] = []
        for hint in checks.filter({ $0.verdict != .green }).compactMap(\.hint) where !hints.contains(hint) {
            hints.append(hint)
        }
        return hints
    }

    /// Of the checks that aren't green, each once.
    package var agents: [String] {
        Set(checks.filter { $0.verdict != .green }.flatMap(\.agents)).sorted { $0.precedesInBytes($1) }
    }

    package var json: JSONValue {
        .object([
            "verdict": .string(verdict.rawValue), "bySilence": .bool(isBySilence),
            "checks": .array(checks.map(\.json)),
        ])
    }
}
