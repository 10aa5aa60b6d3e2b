import Foundation

/// Reads what an operator hands over, and refuses what the control node would refuse anyway.
enum InputFile {
    static let largest = 16 << 20

    /// The text of the file at `path`.
    static func read(_ path: String) throws -> String {
        let bytes: [UInt8]
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            bytes = Array(try handle.read(upToCount: largest + 1) ?? Data())
        } catch {
            throw CommandRefusal("\(path) can't be read: \(reason(error))", hint: "check its path and its mode")
        }
        guard bytes.count <= largest else {
            throw CommandRefusal(
                "\(path) is larger than 16 MB",
                hint: "split it: several files can be applied as one change, and members of a pilot group go by "
                    + "`pilotlight pilot add NAME --from FILE`")
        }
        return try text(bytes, name: path)
    }

    /// `bytes` as text, or the place of the first byte that isn't UTF-8.
    static func text(_ bytes: [UInt8], name: String) throws -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.span))
        } catch {
            let offset = error.byteOffsets.lowerBound
            throw CommandRefusal(
                "\(name) is not UTF-8: byte 0x\(String(bytes[offset], radix: 16)) at byte offset \(offset)",
                hint: "save it as UTF-8")
        }
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        if let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32(underlying.code))).lowercased()
        }
        return error.localizedDescription
    }
}
