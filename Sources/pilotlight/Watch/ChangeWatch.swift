import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1

/// Follows an environment's changes from one control node, over broken connections and restarts of it: each change is
/// given out once, in order.
struct ChangeWatch {
    /// Without a byte for so long, a stream is taken for dead: comments come every five seconds.
    static let silence = Duration.seconds(20)

    var control: OperatorClient
    var environment: String
    private var position: WatchPosition
    private var backOff = BackOff()

    init(_ control: OperatorClient, environment: String, after: Int64?) {
        self.control = control
        self.environment = environment
        position = WatchPosition(after: after)
    }

    /// Runs until `take` says that it has enough.
    /// - Parameters:
    ///   - take: gets each change; false ends the watch.
    ///   - tell: gets what an operator should know of the connection.
    mutating func run(take: (JSONValue) throws -> Bool, tell: (String) -> Void) async throws {
        var response: HTTPClientResponse
        do {
            response = try await ProgressLine.during("waiting for the control node at \(control.base)") { _ in
                try await connect()
            }
        } catch {
            // What is wrong at the beginning is said, not waited for.
            throw Self.isRefusal(error) ? error : Self.unreachable(control.base, ConnectFailure.reason(error))
        }
        while true {
            var reason = "the control node ended the stream"
            do {
                if try await consume(response, take) { return }
            } catch {
                reason = try passing(error)
            }
            tell("the connection is lost (\(reason)); trying again")
            response = try await reconnect(reason)
            tell("connected again, after revision \(position.last.map { "\($0)" } ?? "–")")
        }
    }

    private func connect() async throws -> HTTPClientResponse {
        // An id says all that a number does, and of which history it is.
        let after = position.lastID == nil ? position.last : nil
        return try await control.events(
            "environments", environment, "watch", query: after.map { ["after": "\($0)"] } ?? [:],
            lastID: position.lastID)
    }

    /// For ever, but for what won't pass.
    private mutating func reconnect(_ reason: String) async throws -> HTTPClientResponse {
        try await ProgressLine.during("the connection is lost (\(reason)); trying again") { progress in
            while true {
                try await Task.sleep(for: backOff.next())
                do {
                    return try await connect()
                } catch {
                    progress.say("not connected (\(try passing(error))); trying again")
                }
            }
        }
    }

    /// Reads one stream. Returns true when there is enough, false when it ended.
    private mutating func consume(_ response: HTTPClientResponse, _ take: (JSONValue) throws -> Bool) async throws
        -> Bool
    {
        position.began(after: response.headers.first(name: "Pilotlight-Revision").flatMap { Int64($0) })
        var parser = EventStreamParser()
        for try await piece in response.body {
            backOff.reset()
            for event in parser.feed(piece.readableBytesView) {
                guard let number = event.id.flatMap(WatchPosition.number),
                    let entry = JSONReader.read(event.data, purpose: .context, maximumBytes: .max).value
                else {
                    throw CommandRefusal(
                        "\(control.base) sent an event that can't be read", hint: "is it a newer version than this?")
                }
                switch position.take(number, beginsEpoch: event.name != "change") {
                case .repeated: continue
                case .missing(let numbers):
                    throw CommandRefusal(
                        "revisions \(numbers.lowerBound) to \(numbers.upperBound) can't be given: the control node no "
                            + "longer keeps them",
                        hint: "look at what is now, and watch on with --after \(number - 1)")
                case .new: if try !take(entry) { return true }
                }
            }
            position.came(to: parser.lastID)
        }
        return false
    }

    // MARK: What passes and what doesn't

    /// The reason of what may pass; throws what won't: a refusal of ours, a revision that isn't kept any more, another
    /// history, the end.
    func passing(_ error: any Error) throws -> String {
        try Task.checkCancellation()
        switch error {
        case let problem as ProblemDetails where problem.document["reason"] == "other-history":
            let seen = position.last.map { "revision \($0)" } ?? "what"
            throw CommandRefusal(
                "the history of \(environment) is another one than the one whose \(seen) was seen: was a backup restored?",
                hint:
                    "look at `pilotlight history --environment \(environment)`, and begin again with --after NUMBER, or "
                    + "without it from now on")
        case let problem as ProblemDetails where problem.status != 410: return problem.detail ?? problem.title
        case _ where Self.isRefusal(error): throw error
        default: return ConnectFailure.reason(error)
        }
    }

    private static func isRefusal(_ error: any Error) -> Bool {
        error is CommandRefusal || error is ProblemDetails || error is CancellationError
    }

    private static func unreachable(_ base: String, _ reason: String) -> CommandRefusal {
        CommandRefusal(
            "no control node answers at \(base) (\(reason))",
            hint: "start one with `pilotlight control --data DIR`, or name another with --control-url or "
                + "PILOTLIGHT_CONTROL_URL")
    }
}
