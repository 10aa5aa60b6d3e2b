import Flags
import JSON

extension Release {
    /// Changes the state by the table's row for the event, records it, and says what is to be done. Refused, nothing has
    /// changed.
    ///
    /// - Parameter why: empty for what it does by itself: then it says why in its own words.
    package mutating func receive(
        _ event: ReleaseEvent, _ facts: ReleaseFacts, at: ReleaseTime, by actor: String, why: String
    ) throws(ReleaseRefusal) -> [ReleaseAction] {
        let situation = Situation(release: self, event: event, facts: facts, at: at)
        let row = try row(in: situation)
        let before = staged
        var actions: [ReleaseAction] = []
        if row.to == .launched { actions += launch(facts) }
        if row.from == .launched { actions += takeBack(situation) }
        enter(row, situation)
        let number = (history.last?.number ?? 0) + 1
        let words = words(why, row, situation, actions)
        history.append(
            ReleaseRecord(
                number: number, at: at.wall, from: row.from, to: state, stage: currentStage == nil ? nil : stage,
                trigger: event.trigger, actor: actor, why: words))
        if history.count > Self.mostRecords { history.removeFirst(history.count - Self.mostRecords) }
        if let staged {
            if staged != before { actions.append(.show(staged)) }
        } else if before != nil {
            actions.append(.conceal)
        }
        if row.to != row.from, let announced = AnnouncedEvent(row.to) { actions.append(.announce(announced)) }
        return actions
    }

    /// What it would do by itself now; nil for nothing.
    package func due(_ facts: ReleaseFacts, at: ReleaseTime) -> ReleaseEvent? {
        for row in TransitionTable.rows where row.from == state && row.by == .itself {
            guard let event = row.trigger.own(facts) else { continue }
            if Situation(release: self, event: event, facts: facts, at: at).holds(row) { return event }
        }
        return nil
    }

    /// What its record says: who did it says why, and what stays of it is added.
    private func words(
        _ why: String, _ row: TransitionTable.Row, _ situation: Situation, _ actions: [ReleaseAction]
    ) -> String {
        if row.by == .itself { return why.isEmpty ? reason(of: situation) : why }
        let left = actions.flatMap { if case .leave(_, let sentences) = $0 { sentences } else { [] as [String] } }
        guard !left.isEmpty else { return why }
        return (why.isEmpty ? "" : why + "; ") + "not taken back: " + left.joined(separator: "; ")
    }

    // MARK: Which row

    private func row(in situation: Situation) throws(ReleaseRefusal) -> TransitionTable.Row {
        let trigger = situation.event.trigger
        let rows = TransitionTable.rows(from: state, trigger)
        guard !rows.isEmpty else { throw refusal(ofMoving: trigger) }
        guard let row = rows.first(where: { $0.when.allSatisfy { situation.unmet($0) == nil } }) else {
            throw refusal(trigger, rows.flatMap(\.when).compactMap { situation.unmet($0) }.prefix(1))
        }
        let unmet = row.needs.compactMap { situation.unmet($0) }
        guard unmet.isEmpty else { throw refusal(trigger, unmet[...]) }
        return row
    }

    private func refusal(ofMoving trigger: ReleaseTrigger) -> ReleaseRefusal {
        let possible = TransitionTable.operatorsTriggers(in: state).map {
            "`pilotlight release \($0.rawValue) \(name)`"
        }
        return ReleaseRefusal(
            trigger.refusal, detail: "release \"\(name)\" is \(state.text)",
            hint: state.isFinal
                ? "it is over; make another one" : "what can be done now: " + possible.joined(separator: ", "))
    }

    private func refusal(_ trigger: ReleaseTrigger, _ unmet: ArraySlice<Situation.Unmet>) -> ReleaseRefusal {
        var agents: [String] = []
        for agent in unmet.flatMap(\.agents) where !agents.contains(agent) { agents.append(agent) }
        return ReleaseRefusal(
            trigger.refusal, detail: "release \"\(name)\": " + unmet.map(\.detail).joined(separator: "; "),
            hint: unmet.lazy.compactMap(\.hint).first, agents: agents, conflicts: unmet.flatMap(\.conflicts))
    }

    // MARK: What it comes to

    private mutating func enter(_ row: TransitionTable.Row, _ situation: Situation) {
        if case .start = situation.event {
            opens = situation.openingAsked
            opensDespiteFreeze = situation.event.isDespiteFreeze
        }
        switch row.trigger {
        case .advance, .advanceByItself: if row.to == .running { stage += 1 }
        default: break
        }
        state = row.to
        switch row.to {
        case .running: begin(at: situation.at)
        // Nobody had time to see that it opened.
        case .held: if row.from == .armed { begin(at: situation.at) }
        case .draft, .scheduled, .armed, .launched, .rolledBack, .cancelled:
            if row.to == .cancelled { opens = nil }
            stage = 0
            stageSince = 0
            stageSinceWall = 0
        }
    }

    private mutating func begin(at: ReleaseTime) {
        stageSince = at.steady
        stageSinceWall = at.wall
    }

    /// Everyone gets it by the definitions.
    private mutating func launch(_ facts: ReleaseFacts) -> [ReleaseAction] {
        var lasting: [VersionRequirement] = []
        for floor in plan.allRequirements.compactMap(\.ofAgent.floor) where !lasting.contains(floor) {
            lasting.append(floor)
        }
        var actions: [ReleaseAction] = []
        edits = []
        covered = []
        for change in plan.changes {
            guard let before = facts.definitions[change.flag] else { continue }
            let (definition, changed) = LaunchEdit.launch(change, before)
            edits += changed
            if !changed.isEmpty { actions.append(.define(flag: change.flag, definition)) }
            guard !lasting.isEmpty else { continue }
            if let floor = facts.floors[change.flag].map({ CoveredFloor(flag: change.flag, floor: $0) }),
                floor.kept != floor.floor
            {
                covered.append(floor)
            }
            let floor = ReleaseFloor(
                release: name, requires: lasting, before: before, below: facts.floors[change.flag])
            actions.append(.floor(flag: change.flag, floor))
        }
        return actions
    }

    /// Everyone gets what they got before the launch.
    private mutating func takeBack(_ situation: Situation) -> [ReleaseAction] {
        var actions: [ReleaseAction] = []
        for (key, definition, conflicts) in situation.undone {
            if !conflicts.isEmpty { actions.append(.leave(flag: key, conflicts)) }
            guard let definition, definition != situation.facts.definitions[key] else { continue }
            actions.append(.define(flag: key, definition))
        }
        for key in plan.subjects {
            guard let floor = situation.facts.floors[key] else { continue }
            var others = situation.facts.covered[key] ?? [:]
            others[name] = nil
            let own = covered.first { $0.flag.isExactly(key) }.map { [name: $0.floor] } ?? [:]
            let stack = FloorStack(
                covered: others.merging(own) { $1 }, taken: name, edits: edits.filter { $0.flag.isExactly(key) },
                lost: situation.facts.lostPilots)
            let rest = stack.rest(of: floor)
            if rest != floor { actions.append(.floor(flag: key, rest)) }
            for (other, floor) in others.sorted(by: { $0.key.precedesInBytes($1.key) }) {
                let rest = stack.rest(of: floor)
                if rest != floor { actions.append(.cover(release: other, flag: key, rest)) }
            }
        }
        edits = []
        covered = []
        return actions
    }
}
