import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Why a request got no answer.
enum ExchangeFault: Error, Hashable {
    /// No connection was made: the request didn't arrive.
    case unreachable(String)
    /// It may have arrived.
    case noAnswer
    /// The connection ended after the request was sent, or while it was.
    case brokenOff

    init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            self = .noAnswer
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            self = .brokenOff
        // A connection that couldn't be made is a NIOConnectionError; an answer cut short, one of the parser.
        case is IOError, is HTTPParserError, is ChannelError:
            self = .brokenOff
        default:
            self = .unreachable(ConnectFailure.reason(error))
        }
    }

    var mayHaveArrived: Bool {
        if case .unreachable = self { false } else { true }
    }
}
