import JSON

/// "Has everyone got it?": what is waited for, and who is still missing. Decides only; the command asks and repeats.
struct FleetGoal {
    /// Applied and cached at least this number.
    var number: Int64
    /// At least this many agents.
    var expected: Int?

    enum Verdict {
        /// Every agent that counts has it; how many those are.
        case done(Int)
        case waiting([String])
        case noAgents
    }

    /// - Parameter answer: the operator API's fleet. Live and silent agents count, gone ones don't.
    func verdict(on answer: JSONValue) -> Verdict {
        let agents = FleetAgent.all(in: answer).filter { $0.state != .gone }
        if agents.isEmpty && expected == nil { return .noAgents }
        var missing = agents.compactMap { agent in
            reason(agent, control: answer["revision"]).map { "\(agent.name) (\(agent.id)): \($0)" }
        }
        if let expected, agents.count < expected {
            missing.append("\(agents.count) of \(CountText.of(expected, "expected agent")) registered")
        }
        return missing.isEmpty ? .done(agents.count) : .waiting(missing)
    }

    /// Why `agent` doesn't have it yet; nil when it has.
    private func reason(_ agent: FleetAgent, control: JSONValue?) -> String? {
        var reasons: [String] = []
        if let held = agent.number {
            if agent.revision?["epoch"] != control?["epoch"] {
                reasons.append("holds \(RevisionText.full(agent.revision)), of another epoch")
            } else if let own = control?["number"]?.integerValue, held > own {
                // Its numbers are those of a history that this control node has lost, whatever they are.
                reasons.append("holds \(held), which the control node at \(own) doesn't have: a lost history")
            } else if held < number {
                reasons.append("holds \(held), \(number - held) behind \(number)")
            }
        } else {
            reasons.append("holds no revision yet")
        }
        reasons += agent.notes
        guard !reasons.isEmpty else { return nil }
        if agent.state == .silent { reasons.append("silent, last seen \(agent.lastSeen) ago") }
        return reasons.joined(separator: "; ")
    }
}
