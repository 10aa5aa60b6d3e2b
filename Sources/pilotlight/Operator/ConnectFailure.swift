import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Why a connection was not made, in words.
enum ConnectFailure {
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(first.error) }
            return "the name \(error.host) has no address"
        case let error as IOError:
            return String(cString: strerror(error.errnoCode)).lowercased()
        case let error as HTTPClientError where error == .connectTimeout:
            return "no connection within 10 s"
        case let error as HTTPClientError where error == .readTimeout:
            return "nothing came any more"
        case is NIOTooManyBytesError:
            return "the answer is too large"
        case is HTTPParserError, is ChannelError:
            return "it broke off"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return "it was closed by the other side"
        default:
            return "\(error)"
        }
    }
}
