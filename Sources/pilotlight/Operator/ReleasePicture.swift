import JSON

/// Where a release stands, at a glance.
struct ReleasePicture {
    /// Transitions that are shown; --json has them all.
    private static let latest = 5

    private let release: ShownRelease

    init(_ json: JSONValue) { release = ShownRelease(json) }

    /// - Parameter now: seconds since 1970, for what is left of a stage.
    func text(at now: Int64, _ style: OutputStyle) -> String {
        var lines = [style.paint(PrintableText.of(release.name), .bold) + ": \(release.standing(style))"]
        func fact(_ name: String, _ text: String?) {
            if let text, !text.isEmpty {
                lines.append("  " + style.paint(name, .dim) + String(repeating: " ", count: 10 - name.count) + text)
            }
        }
        fact("title", release.title.map(PrintableText.of))
        fact("owner", release.owner.map(PrintableText.of))
        fact("changes", release.changes.joined(separator: ", "))
        fact("excludes", release.plan.exclude)
        fact("bucket by", release.plan.bucketBy)
        fact("salt", release.plan.salt)
        fact("on red", release.plan.onRed)
        fact("announces", release.plan.audiences.map { "to \($0)" })
        switch release.state {
        case .draft: fact("opens", release.opens)
        case .scheduled, .armed, .cancelled, nil: break
        case .running, .held, .launched, .rolledBack: fact("opened", release.opened)
        }
        lines += section("notes", release.plan.notes, style)
        lines += section("stages", stages(at: now, style), style)
        if release.state?.isOver != true {
            let gate =
                style.paint("gate", .dim) + "      " + style.paint(release.gate.verdict, release.gate.cell.colour)
            lines.append("  " + gate)
            lines += release.gate.lines(style).map { "    " + $0 }
        }
        lines += section("waits for", release.waitingFor.map(PrintableText.of), style)
        let history = release.history
        let heading = history.count > Self.latest ? "latest \(Self.latest) of \(history.count) transitions" : "history"
        lines += section(heading, history.suffix(Self.latest).map { release.line($0, style) }, style)
        if release.json["revision"] != nil {
            lines.append(style.paint("at \(RevisionText.full(release.json["revision"]))", .dim))
        }
        return lines.joined(separator: "\n")
    }

    private func section(_ name: String, _ lines: [String], _ style: OutputStyle) -> [String] {
        lines.isEmpty ? [] : ["  " + style.paint(name, .dim)] + lines.map { "    " + $0 }
    }

    /// `✓ staff  pilots staff  by itself`, `▶ early  10 %  after 10 min by hand, 3 min left`
    private func stages(at now: Int64, _ style: OutputStyle) -> [String] {
        let stages = release.stages
        let current = release.stageNumber
        let isOver = release.state == .launched
        let names = stages.map(\.name.count).max() ?? 0
        let audiences = stages.map(\.audience.count).max() ?? 0
        return stages.enumerated().map { index, stage in
            let number = index + 1
            let isCurrent = !isOver && number == current
            let isDone = isOver || number < current ?? 0
            let mark = isCurrent ? style.paint("▶", release.state?.colour) : isDone ? style.paint("✓", .green) : " "
            var text = "\(mark) " + stage.name.padded(to: names) + "  " + stage.audience.padded(to: audiences)
            text += "  " + stage.next
            if isCurrent, let until = release.minimumUntil, until > now {
                text += ", \(SpanText.of(seconds: until - now)) left"
            }
            return text
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
