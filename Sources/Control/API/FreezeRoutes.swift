import Flags
import Hummingbird
import JSON
import Releases
import Replication

/// Freeze windows: times in which no release goes forward.
extension OperatorAPI {
    var listFreezes: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let now = Moment.now.wallSeconds
            return .json(
                .object([
                    "freezes": .array(state.freezes.windows.map { .object(Self.shown($0, at: now)) }),
                    "revision": state.committed.revision.json,
                ]))
        }
    }

    var putFreeze: Handler {
        { request throws(Refusal) in
            let name = try request.path("freeze")
            var body = try await request.object(allowed: FreezeWindow.memberNames + ["message"])
            let message = try body.string("message")
            body["message"] = nil
            // What is null isn't given.
            body = JSONObject(members: body.filter { $0.value != .null })
            let (window, problems) = FreezeWindow.read(name, .object(body))
            guard let window else {
                throw Refusal(
                    .invalid, "Freeze window refused",
                    detail: "freeze window \"\(name)\": \(Refusal.count(problems.count)); nothing was changed",
                    hint: "correct what is listed and try again",
                    problems: problems.map { PlacedProblem($0, in: "freeze window \"\(name)\"") })
            }
            let state = try environment(request)
            guard state.freezes.window(name) != nil || state.freezes.windows.count < Self.mostFreezes else {
                throw Refusal(
                    .conflict, "Too many freeze windows",
                    detail: "\(state.name) has \(Self.mostFreezes) freeze windows, which are the most",
                    hint: "remove those that are over: pilotlight freeze remove NAME")
            }
            let outcome = try await submit(.putFreeze(window), request, message: message)
            let now = published[state.name] ?? state
            var answer = Self.shown(now.freezes.window(name) ?? window, at: Moment.now.wallSeconds)
            answer["revision"] = now.committed.revision.json
            return outcome.answer(of: answer)
        }
    }

    private static let mostFreezes = 1_000

    var removeFreeze: Handler {
        { request throws(Refusal) in
            let name = try request.path("freeze")
            let outcome = try await submit(.removeFreeze(name), request, message: request.query("message"))
            return outcome.answer(of: ["removed": .string(name), "revision": outcome.revision.json])
        }
    }

    /// With whether it holds now.
    private static func shown(_ window: FreezeWindow, at seconds: Int64) -> JSONObject {
        var object = window.json.objectValue ?? [:]
        object["now"] = .bool(window.occurrence(at: seconds) != nil)
        return object
    }
}
