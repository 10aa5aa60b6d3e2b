import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// Why a request got no answer.
enum ExchangeFault: Error, Hashable {
    /// No connection was made: the request didn't arrive.
    case unreachable(String)
    /// It may have arrived.
    case noAnswer
    /// The connection ended after the request was sent, or while it was.
    case brokenOff
    /// Something else, for the reason given: an answer that is too large, say. It may have arrived.
    case failed(String)

    init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            self = .noAnswer
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            self = .brokenOff
        case let error as HTTPClientError where Self.beforeSending.contains(error.shortDescription):
            self = .unreachable(ConnectFailure.reason(error))
        // A connection that couldn't be made is a NIOConnectionError; an answer cut short, one of the parser.
        case is NIOConnectionError:
            self = .unreachable(ConnectFailure.reason(error))
        case is IOError, is HTTPParserError, is ChannelError:
            self = .brokenOff
        default:
            self = .failed(ConnectFailure.reason(error))
        }
    }

    /// What the client says before a byte of the request has left, whatever it says it of.
    private static let beforeSending = Set(
        [
            HTTPClientError.connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .invalidURL,
            .emptyHost,
            .emptyScheme, .unsupportedScheme(""), .missingSocketPath, .invalidHeaderFieldValues([]),
        ].map(\.shortDescription))

    var mayHaveArrived: Bool {
        if case .unreachable = self { false } else { true }
    }
}
