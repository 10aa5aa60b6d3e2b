import JSON
import LookupProtocol
import NIOCore
import Replication

/// One response, written by hand: status line, the headers that every answer bears, the body.
struct HTTPResponse {
    var status: HTTPStatus
    var contentType: StaticString = "application/json"
    var body: [UInt8] = []
    /// Answers with headers only: to HEAD, and for 204 and 304.
    var omitsBody = false
    var allow: StaticString?
    var etag: String?
    var route: RouteHeaders?
    var closes: Bool
    /// Of the state that the body tells of; nil when it tells of none: then the newest is sent.
    var stamp: StateStamp?

    init(status: HTTPStatus, closes: Bool) {
        self.status = status
        self.closes = closes
    }

    /// Problem details (RFC 9457).
    mutating func problem(_ detail: String, hint: String? = nil) {
        var object: JSONObject = [
            "title": .string(status.title), "status": .integer(Int64(status.rawValue)), "detail": .string(detail),
        ]
        if let hint { object["hint"] = .string(hint) }
        contentType = "application/problem+json"
        body.removeAll(keepingCapacity: true)
        JSONValue.object(object).write(to: &body)
    }

    func write(stamp newest: StateStamp, to buffer: inout ByteBuffer) {
        let stamp = stamp ?? newest
        buffer.writeStaticString(status.line)
        if status != .notModified, status != .noContent {
            buffer.writeStaticString("Content-Type: ")
            buffer.writeStaticString(contentType)
            buffer.writeStaticString("\r\nContent-Length: ")
            buffer.writeDecimal(UInt64(body.count))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("Pilotlight-Epoch: ")
        buffer.writeDecimal(stamp.epochCounter)
        buffer.writeStaticString(".")
        buffer.writeHexadecimal(stamp.epochID)
        buffer.writeStaticString("\r\nPilotlight-Revision: ")
        buffer.writeDecimal(stamp.number)
        buffer.writeStaticString(stamp.isStale ? "\r\nPilotlight-Stale: true\r\n" : "\r\nPilotlight-Stale: false\r\n")
        if let staleness = stamp.stalenessMilliseconds {
            buffer.writeStaticString("Pilotlight-Staleness-Ms: ")
            buffer.writeDecimal(UInt64(staleness))
            buffer.writeStaticString("\r\n")
        }
        if let allow {
            buffer.writeStaticString("Allow: ")
            buffer.writeStaticString(allow)
            buffer.writeStaticString("\r\n")
        }
        if let etag {
            buffer.writeStaticString("ETag: ")
            buffer.writeString(etag)
            buffer.writeStaticString("\r\n")
        }
        route?.write(to: &buffer)
        buffer.writeStaticString(closes ? "Connection: close\r\n\r\n" : "\r\n")
        if !omitsBody { buffer.writeBytes(body) }
    }
}

extension ByteBuffer {
    mutating func writeDecimal(_ value: UInt64) {
        if value < 10 {
            writeInteger(UInt8(ascii: "0") + UInt8(value))
        } else {
            writeDecimal(value / 10)
            writeInteger(UInt8(ascii: "0") + UInt8(value % 10))
        }
    }

    /// 16 digits.
    mutating func writeHexadecimal(_ value: UInt64) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: (value >> shift) & 0xF)
            writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
