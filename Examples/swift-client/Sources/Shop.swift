import Foundation
import PilotlightClient

/// A service in small: for each user named on a line of standard input it says whether they get the new checkout, and it
/// prints each change of the flags as it arrives.
@main
struct Shop {
    let flags: FlagClient

    static func main() async {
        let socket = ProcessInfo.processInfo.environment["PILOTLIGHT_SOCKET"] ?? "/run/pilotlight/agent.sock"
        let shop = Shop(flags: FlagClient(socketPath: socket))
        let following = Task { await shop.follow() }
        for await user in lines() { await shop.checkOut(user) }
        await shop.flags.shutdown()
        await following.value
    }

    func checkOut(_ user: String) async {
        let details = await flags.booleanDetails(
            "new-checkout", default: false, context: EvaluationContext(targetingKey: user))
        let why = details.errorMessage ?? details.reason.rawValue
        say("\(user): \(details.value ? "new checkout" : "old checkout") (\(why))")
    }

    func follow() async {
        for await change in flags.changes {
            let number = change.revision.map { "\($0.number)" } ?? "none"
            switch change.flags {
            case .everything: say("changed: maybe everything, revision \(number)")
            case .keys(let keys) where keys.isEmpty: continue  // Only components changed.
            case .keys(let keys): say("changed: \(keys.sorted().joined(separator: ", ")), revision \(number)")
            }
        }
    }

    private func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

    /// Lines of standard input, read on a thread of their own.
    private static func lines() -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
        return lines
    }
}
