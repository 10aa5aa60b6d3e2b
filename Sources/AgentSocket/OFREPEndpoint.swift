import Flags
import NIOCore

/// Lookups by OFREP (https://github.com/open-feature/protocol), version 0.3.
struct OFREPEndpoint {
    var loop: LoopState

    func answer(_ route: HTTPRoute, _ body: ByteBuffer?, _ ifNoneMatch: String?, _ response: inout HTTPResponse) {
        switch route {
        case .evaluate(let key): one(key, body, &response)
        case .evaluateAll: all(body, ifNoneMatch, &response)
        case .malformed(let details): refuse(ContextProblem(code: .parseError, details: details), &response)
        default: break
        }
    }

    private func one(_ key: String, _ body: ByteBuffer?, _ response: inout HTTPResponse) {
        let answer: Answer
        do throws(ContextProblem) {
            try ContextProblem.check(flagKey: key)
            answer = try loop.answer(Lookup(key: key, context: ContextReader.read(ofrepBody: body)), from: .ofrep)
        } catch {
            answer = loop.refuse(error, from: .ofrep)
        }
        if let code = answer.evaluation.errorCode { response.status = AnswerTable.row(code).status }
        OFREPRendering.write(answer, key: key, to: &response.body)
        response.stamp = answer.stamp
    }

    private func all(_ body: ByteBuffer?, _ ifNoneMatch: String?, _ response: inout HTTPResponse) {
        do throws(ContextProblem) {
            let context = try ContextReader.read(ofrepBody: body)
            var isFirst = true
            response.body.append(contentsOf: "{\"flags\":[".utf8)
            let stamp = loop.answerAll(context: context, from: .ofrep) { key, answer in
                if !isFirst { response.body.append(UInt8(ascii: ",")) }
                isFirst = false
                OFREPRendering.write(answer, key: key, to: &response.body)
            }
            guard let stamp else { throw LoopState.notReady }
            response.body.append(contentsOf: "]}".utf8)
            var tag = EntityTag()
            tag.combine(body?.readableBytesView ?? ByteBuffer().readableBytesView)
            tag.combine(response.body)
            let text = tag.text(stamp)
            response.etag = text
            response.stamp = stamp
            if EntityTag.isNamed(text, in: ifNoneMatch) { response.status = .notModified }
        } catch {
            refuse(error, &response)
        }
    }

    private func refuse(_ problem: ContextProblem, _ response: inout HTTPResponse) {
        let answer = loop.refuse(problem, from: .ofrep)
        response.status = AnswerTable.row(problem.code).status
        response.stamp = answer.stamp
        response.body.removeAll(keepingCapacity: true)
        OFREPRendering.writeFailure(problem.code, problem.details, to: &response.body)
    }
}
