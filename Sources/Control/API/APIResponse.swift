import HTTPTypes
import Hummingbird
import JSON

/// An answer of the operator API.
struct APIResponse: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: ResponseBody

    init(status: HTTPResponse.Status, contentType: String, bytes: [UInt8]) {
        self.init(status: status, contentType: contentType, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    init(status: HTTPResponse.Status, contentType: String, body: ResponseBody) {
        self.status = status
        headers = [.contentType: contentType]
        self.body = body
    }

    /// JSON, ended by a line break for those who read it with curl.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> APIResponse {
        var bytes: [UInt8] = []
        value.write(to: &bytes)
        bytes.append(0x0A)
        return APIResponse(status: status, contentType: "application/json", bytes: bytes)
    }

    static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> APIResponse {
        APIResponse(status: .ok, contentType: contentType, bytes: Array(text.utf8))
    }

    /// RFC 9457: `title`, `status`, `detail`, `hint`, with the problems of documents and whatever else the refusal brings.
    static func problem(_ refusal: Refusal) -> APIResponse {
        var object: JSONObject = [
            "type": .string("about:blank"), "title": .string(refusal.title),
            "status": .integer(Int64(refusal.kind.rawValue)), "detail": .string(refusal.detail),
            "hint": refusal.hint.map { .string($0) } ?? .null,
        ]
        if !refusal.problems.isEmpty || refusal.kind == .invalid {
            object["problems"] = .array(refusal.problems.map(\.json))
        }
        for member in refusal.members { object[member.key] = member.value }
        var answer = json(.object(object), status: HTTPResponse.Status(code: refusal.kind.rawValue))
        answer.headers[.contentType] = "application/problem+json"
        return answer
    }

    /// The same with an entity tag; whoever has what bears this tag already is told so, without a body.
    func tagged(_ tag: String?, for request: APIRequest) -> APIResponse {
        guard let tag else { return self }
        var answer = self
        if request.has(tag) {
            answer = APIResponse(status: .notModified, contentType: "application/json", body: ResponseBody())
            answer.headers = [:]
        }
        answer.headers[.eTag] = tag
        return answer
    }

    var response: Response { Response(status: status, headers: headers, body: body) }
}
