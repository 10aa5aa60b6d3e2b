import Outbound
import Releases
import ServiceLifecycle

/// Asks a deployed version how it does: one GET, by the control node itself. A whole answer of 2xx within ten seconds is
/// well; where it is sent elsewhere it doesn't go.
struct DeploymentProbe: Sendable {
    let caller: HTTPCaller

    /// Refused where the node stops meanwhile: then nothing is known.
    func check(_ url: String) async throws(Refusal) -> DeploymentCheck {
        let start = ContinuousClock.now
        let outcome = await cancelWhenGracefulShutdown { () async -> Result<Int, HTTPCaller.Fault> in
            do throws(HTTPCaller.Fault) {
                return .success(try await caller.wholeStatus(of: url))
            } catch {
                return .failure(error)
            }
        }
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        let at = Moment.now.wallMilliseconds
        switch outcome {
        case .success(let status):
            let passed = (200..<300).contains(status)
            return DeploymentCheck(
                url: url, at: at, passed: passed,
                detail: "HTTP \(status)" + (passed ? " after \(Int64(milliseconds.rounded())) ms" : ""))
        case .failure where Task.isCancelled || Task.isShuttingDownGracefully:
            throw Refusal(
                .busy, "Check broken off", detail: "the control node stops, and the check had no answer yet",
                hint: "check it again: pilotlight deployment verify")
        case .failure(let fault): return DeploymentCheck(url: url, at: at, passed: false, detail: fault.text)
        }
    }
}
