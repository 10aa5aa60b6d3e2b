import Flags
import JSON
import NIOCore

/// `POST /explain/KEY` or `POST /explain?component=NAME` with a lookup's body: why that lookup gets its answer.
struct ExplainEndpoint {
    var loop: LoopState

    func answer(flag key: String, _ body: ByteBuffer?, _ response: inout HTTPResponse) {
        answer(key, isFlag: true, body, &response)
    }

    func answer(component name: String, _ body: ByteBuffer?, _ response: inout HTTPResponse) {
        answer(ComponentKey.flagKey(of: name), isFlag: false, body, &response)
    }

    private func answer(_ key: String, isFlag: Bool, _ body: ByteBuffer?, _ response: inout HTTPResponse) {
        guard loop.configuration.allowsExplain else {
            response.status = .notFound
            return response.problem(
                "this agent explains nothing", hint: "start it with --explain, or ask the control node")
        }
        do throws(ContextProblem) {
            if isFlag { try ContextProblem.check(flagKey: key) }
            let context = try ContextReader.read(ofrepBody: body)
            guard let (explanation, stamp) = loop.explain(key, context: context) else { throw LoopState.notReady }
            response.stamp = stamp
            guard let explanation else {
                throw ContextProblem(code: .flagNotFound, details: "there is no \(ComponentKey.title(of: key))")
            }
            response.body.append(contentsOf: explanation.json.compactText().utf8)
        } catch {
            response.status = AnswerTable.row(error.code).status
            OFREPRendering.writeFailure(error.code, error.details, to: &response.body)
        }
    }
}
