import Crypto
import Flags
import Foundation
import HTTPTypes
import Hummingbird
import JSON

/// One request to the operator API: its parts, read, or refused with what is wrong and what would be right.
struct APIRequest: Sendable {
    private(set) var request: Request
    let context: BasicRequestContext
    /// What the sender calls this request, so that it may send it again; nil where it doesn't.
    private(set) var idempotency: IdempotencyKey?

    /// Bodies of ordinary requests.
    static let maximumBody = 32 << 20
    /// Bodies with documents, several of the largest kind, escaped in JSON; or with long lists of users.
    static let maximumDocumentsBody = 96 << 20
    /// What is read and thrown away of a body that is too large, so that the client gets to read why.
    private static let maximumDrain = 512 << 20

    init(_ request: Request, _ context: BasicRequestContext) async throws(Refusal) {
        self.request = request
        self.context = context
        guard let key = request.headers[.idempotencyKey] else { return }
        guard (1...IdempotencyKey.longestBytes).contains(key.utf8.count) else {
            throw Refusal(
                .malformed, "Not an idempotency key",
                detail: "an Idempotency-Key has 1 to \(IdempotencyKey.longestBytes) bytes, this one \(key.utf8.count)",
                hint: "a random UUID will do")
        }
        // Hashed here, where the bytes are; read again by whoever handles the request.
        let bytes = try await body(maximum: Self.maximumDocumentsBody)
        self.request.body = RequestBody(buffer: ByteBuffer(bytes: bytes))
        var hash = SHA256()
        let conditions = [HTTPField.Name.actor, .ifMatch, .ifRevision].map { request.headers[$0] ?? "" }
        hash.update(data: Array("\(request.method) \(request.uri) \(conditions) ".utf8))
        hash.update(data: bytes)
        let fingerprint = hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        idempotency = IdempotencyKey(key: key, fingerprint: fingerprint)
    }

    /// What must still be true for the change to be made.
    func precondition() throws(Refusal) -> Precondition {
        let tags = request.headers[values: .ifMatch].flatMap { $0.split(separator: ",") }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        var precondition = Precondition(tags: tags.isEmpty ? nil : tags)
        if let text = request.headers[.ifRevision] {
            precondition.number = try RevisionNumber.read(text, of: "Pilotlight-If-Revision")
        }
        return precondition
    }

    /// A part of the path, percent-decoded.
    func path(_ name: String) throws(Refusal) -> String {
        guard let raw = context.parameters.get(name), let decoded = raw.removingPercentEncoding else {
            throw Refusal(
                .malformed, "Malformed path", detail: "\(request.uri.path) has a broken percent escape",
                hint: "escape bytes as %XX, in UTF-8")
        }
        return decoded
    }

    /// Who asks, as they say of themselves.
    var actor: String {
        String((request.headers[.actor] ?? "").prefix(200))
    }

    /// The media type without its parameters, in lower case.
    var mediaType: String {
        let text = request.headers[.contentType] ?? ""
        return text.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }

    /// Whether the sender says that it holds what bears this entity tag.
    func has(_ tag: String) -> Bool {
        request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
            .contains { $0.trimmingCharacters(in: .whitespaces) == tag }
    }

    func query(_ name: String) -> String? { request.uri.queryParameters.get(name) }

    /// `?name`, `?name=true`, `?name=1`.
    func queryFlag(_ name: String) throws(Refusal) -> Bool {
        switch query(name) {
        case nil, "false", "0": return false
        case "", "true", "1": return true
        case let other?:
            throw Refusal(
                .malformed, "Malformed query", detail: "\(name)=\(other) is neither true nor false",
                hint: "write \(name)=true")
        }
    }

    func body(maximum: Int = maximumBody) async throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        var total = 0
        do {
            for try await buffer in request.body {
                total += buffer.readableBytes
                if total <= maximum {
                    bytes.append(contentsOf: buffer.readableBytesView)
                } else if total > Self.maximumDrain {
                    break
                }
            }
        } catch {
            throw Refusal(
                .malformed, "Body not received", detail: "the body broke off: \(error)", hint: "send the request again")
        }
        guard total <= maximum else {
            throw Refusal(
                .tooLarge, "Body too large", detail: "a body may have \(maximum >> 20) MiB here",
                hint: "send it in portions: several applies, or several calls to a pilot group's members")
        }
        return bytes
    }

    /// The body as a JSON object with no members but `allowed`.
    ///
    /// - Parameter mayBeEmpty: no body at all is an object without members.
    func object(
        allowed: [String], mayBeEmpty: Bool = false, purpose: JSONReader.Purpose = .document
    ) async throws(Refusal) -> JSONObject {
        let bytes = try await body()
        if mayBeEmpty, bytes.isEmpty { return [:] }
        return try Self.object(bytes, allowed: allowed, purpose: purpose)
    }

    /// A body that was received, as a JSON object with no members but `allowed`.
    ///
    /// - Parameter purpose: what holds a context is read as a lookup reads it.
    static func object(
        _ bytes: [UInt8], allowed: [String], purpose: JSONReader.Purpose = .document
    ) throws(Refusal) -> JSONObject {
        let (value, problems) = JSONReader.read(bytes, purpose: purpose, maximumBytes: maximumDocumentsBody)
        let places = problems.map { "line \($0.position.line), column \($0.position.column): \($0.reason)" }
            .joined(separator: "; ")
        guard let value else {
            throw Refusal(
                .malformed, "Malformed JSON", detail: "the body isn't JSON: " + places, hint: "send one JSON object")
        }
        guard problems.isEmpty else {
            throw Refusal(
                .invalid, "Not exact", detail: "the body can't be taken as it stands: " + places,
                hint: "give each key once, and numbers beyond 64 bits as strings")
        }
        guard let object = value.objectValue else {
            throw Refusal(
                .malformed, "Malformed body", detail: "the body must be a JSON object",
                hint: "with the members " + allowed.joined(separator: ", "))
        }
        try object.refuseMembers(besides: allowed)
        return object
    }
}

extension JSONObject {
    func refuseMembers(besides allowed: [String]) throws(Refusal) {
        guard let unknown = keys.first(where: { !allowed.contains($0) }) else { return }
        throw Refusal(
            .malformed, "Unknown member", detail: "the body has a member \"\(unknown)\", which means nothing here",
            hint: NearestName.hint(for: unknown, among: allowed, fallback: "known: " + allowed.joined(separator: ", ")))
    }

    /// A string member; nil where it is absent.
    func string(_ name: String) throws(Refusal) -> String? {
        guard let value = self[name], value != .null else { return nil }
        guard let text = value.stringValue else { throw .wrongType(name, "a string") }
        return text
    }

    func bool(_ name: String) throws(Refusal) -> Bool {
        guard let value = self[name], value != .null else { return false }
        guard let flag = value.boolValue else { throw .wrongType(name, "true or false") }
        return flag
    }

    func strings(_ name: String) throws(Refusal) -> [String]? {
        guard let value = self[name], value != .null else { return nil }
        guard let items = value.arrayValue else { throw .wrongType(name, "a list of strings") }
        var texts: [String] = []
        texts.reserveCapacity(items.count)
        for item in items {
            guard let text = item.stringValue else { throw .wrongType(name, "a list of strings") }
            texts.append(text)
        }
        return texts
    }

    /// A whole number from 0 on; JSON Schema calls 42.0 one too.
    func whole(_ name: String) throws(Refusal) -> UInt64? {
        switch self[name] {
        case nil, .null: return nil
        case .integer(let number) where (0...Int64(RevisionNumber.largest)).contains(number): return UInt64(number)
        case .double(let number) where number >= 0 && number < 0x1p53 && number.rounded() == number:
            return UInt64(number)
        default: throw .wrongType(name, "a whole number from 0 on")
        }
    }

    func required(_ name: String) throws(Refusal) -> String {
        guard let text = try string(name) else {
            throw Refusal(
                .malformed, "Missing member", detail: "the body has no \"\(name)\"",
                hint: "give \"\(name)\" as a string")
        }
        return text
    }
}

extension Refusal {
    static func wrongType(_ member: String, _ wanted: String) -> Refusal {
        Refusal(
            .malformed, "Wrong type", detail: "\"\(member)\" must be \(wanted)",
            hint: "see the operator API's reference")
    }
}
