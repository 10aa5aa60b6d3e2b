import ArgumentParser
import Foundation
import JSON
import Synchronization

/// Follows one release to its end, over broken connections and restarts of the control node.
struct ReleaseFollowing {
    /// How a following ended.
    struct Outcome: Sendable {
        /// As it was seen last.
        var release: ShownRelease
        /// The command's exit code.
        var code: Int32
    }

    private static let pollInterval = Duration.milliseconds(250)
    private static let interrupted: Int32 = 130

    /// The release is gone from the list, or another one has its name.
    struct Deleted: Error {}

    var environment: String
    var name: String
    var style: OutputStyle
    /// Otherwise it is silent.
    var printsText: Bool

    /// - Parameter started: the release as its start left it.
    func run(_ control: OperatorClient, from started: JSONValue) async throws -> Outcome {
        let latest = Mutex(ShownRelease(started))
        let isSignalled: Bool
        do {
            isSignalled = try await UntilSignal.run { try await follow(control, latest) }
        } catch is Deleted {
            note("\(PrintableText.of(name)) was deleted meanwhile: no longer followed")
            return Outcome(release: latest.withLock { $0 }, code: ReleaseProgress.End.deleted.rawValue)
        }
        let release = latest.withLock { $0 }
        guard isSignalled else { return Outcome(release: release, code: ReleaseProgress.end(release)?.rawValue ?? 0) }
        note(
            "no longer followed; the release goes on: pilotlight release show \(PrintableText.of(name))"
                + EnvironmentOption.words(for: environment))
        return Outcome(release: release, code: Self.interrupted)
    }

    /// The same of a release that was started before, by whomever; of one that has come to its end, that end.
    /// - Parameter unused: options that were given, and count for nothing as nothing is changed.
    func takeUp(_ control: OperatorClient, _ release: JSONValue, unused: [String]) async throws -> Outcome {
        note(ReleaseProgress.takenUp(ShownRelease(release)))
        if !unused.isEmpty { note("nothing is changed, so there is no use for \(unused.joined(separator: " and "))") }
        return try await run(control, from: release)
    }

    /// Returns at the release's end. On a terminal each stage has a progress line of its own, below what was told.
    private func follow(_ control: OperatorClient, _ latest: borrowing Mutex<ShownRelease>) async throws {
        var progress = ReleaseProgress()
        while true {
            let release = latest.withLock { $0 }
            tell(progress.lines(release, environment: environment, style))
            if ReleaseProgress.end(release) != nil { return }
            let next = try await ProgressLine.during(ReleaseProgress.line(release, at: TimeText.now)) { line in
                try await changed(from: release, control, &progress, line)
            }
            latest.withLock { $0 = next }
        }
    }

    /// The release as it is when it has come to another state or stage. What there is to say before that is said.
    private func changed(
        from before: ShownRelease, _ control: OperatorClient, _ progress: inout ReleaseProgress, _ line: ProgressLine
    ) async throws -> ShownRelease {
        var isLost = false
        var backOff = BackOff()
        while true {
            try await Task.sleep(for: isLost ? backOff.next() : Self.pollInterval)
            do {
                let release = ShownRelease(
                    try await control.get("environments", environment, ReleaseChange.list, name))
                guard release.id == before.id else { throw Deleted() }
                if isLost { line.above { note("the control node answers again") } }
                isLost = false
                backOff.reset()
                let isNews = release.state != before.state || release.stageNumber != before.stageNumber
                if isNews || ReleaseProgress.end(release) != nil { return release }
                let lines = progress.lines(release, environment: environment, style)
                if !lines.isEmpty { line.above { tell(lines) } }
                line.say(ReleaseProgress.line(release, at: TimeText.now))
            } catch {
                let reason = try Self.passing(error)
                if !isLost { line.above { note("\(reason); asking on") } }
                isLost = true
                line.say("\(PrintableText.of(name)): asking on, for \(reason)")
            }
        }
    }

    /// The reason of what may pass; throws what won't.
    static func passing(_ error: any Error) throws -> String {
        try Task.checkCancellation()
        switch error {
        case let problem as ProblemDetails where problem.status == 404: throw Deleted()
        case let problem as ProblemDetails where problem.status >= 500:
            return PrintableText.of(problem.detail ?? problem.title)
        case let refusal as CommandRefusal: return refusal.reason
        default: throw error
        }
    }

    private func tell(_ lines: [String]) {
        guard printsText, !lines.isEmpty else { return }
        for line in lines { print(line) }
        // Whoever reads a pipe wants each change when it is.
        fflush(nil)
    }

    /// For people who follow, beside what is printed.
    private func note(_ text: String) {
        FileHandle.standardError.write(Data("pilotlight: \(text)\n".utf8))
    }
}
