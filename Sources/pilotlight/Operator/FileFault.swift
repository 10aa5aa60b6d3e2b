import Foundation

/// Why a file could not be read or written, in the system's words.
enum FileFault {
    static func reason(_ error: any Error) -> String {
        let error = error as NSError
        if error.domain == NSPOSIXErrorDomain { return words(error.code) }
        if let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain {
            return words(underlying.code)
        }
        return error.localizedDescription
    }

    private static func words(_ code: Int) -> String { String(cString: strerror(Int32(code))).lowercased() }
}
