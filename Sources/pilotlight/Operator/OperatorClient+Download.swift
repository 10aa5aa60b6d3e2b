import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1

extension OperatorClient {
    /// Fetches what is under `path` into a file: written beside it, synced, and then put in its place, so that `file` is
    /// whole or isn't there. Returns its size in bytes.
    func download(_ path: String..., to file: String) async throws -> Int {
        // Read together with what takes its place, the log of another store would ruin it.
        for log in [file + "-wal", file + "-shm"] where FileManager.default.fileExists(atPath: log) {
            throw CommandRefusal(
                "\(log) belongs to what is in \(file) now", hint: "move both away, or give another file")
        }
        var request = HTTPClientRequest(url: base + "/v1/" + path.map(PathSegment.encoded).joined(separator: "/"))
        request.headers.add(name: "Pilotlight-Actor", value: actor)
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, deadline: .distantFuture)
        } catch let error as HTTPClientError where error == .readTimeout {
            throw CommandRefusal(
                "the control node at \(base) has not made its copy in time: nothing came any more",
                hint: "is its disk slow, or full? try again")
        } catch {
            throw CommandRefusal(
                "no control node answers at \(base) (\(ConnectFailure.reason(error)))",
                hint: "is it running? name another with --control-url or PILOTLIGHT_CONTROL_URL")
        }
        guard response.status == .ok else {
            let body = try await response.body.collect(upTo: 1 << 20)
            let answer = JSONReader.read(Array(body.readableBytesView), purpose: .context).value
            throw ProblemDetails(answer ?? .null, status: Int(response.status.code))
        }
        let partial = file + ".partial-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: partial) }
        do {
            guard FileManager.default.createFile(atPath: partial, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw CommandRefusal("\(partial) can't be written", hint: "give a file in a directory of yours") }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: partial))
            defer { try? handle.close() }
            var size = 0
            for try await part in response.body {
                try handle.write(contentsOf: Data(part.readableBytesView))
                size += part.readableBytes
            }
            if let length = response.headers.first(name: "Content-Length").flatMap({ Int($0) }), length != size {
                throw CommandRefusal(
                    "the backup broke off after \(size) of \(length) bytes", hint: "\(file) is not written: try again")
            }
            try handle.synchronize()
            guard rename(partial, file) == 0 else {
                throw CommandRefusal("\(file) can't be written: \(String(cString: strerror(errno)))")
            }
            try synchronize(directoryOf: file)
            return size
        } catch let refusal as CommandRefusal {
            throw refusal
        } catch {
            throw CommandRefusal(
                "\(file) is not written: \(ConnectFailure.reason(error))",
                hint: "see to the disk and the control node's log")
        }
    }

    /// Makes the file's name last, as its content does already.
    private func synchronize(directoryOf file: String) throws {
        let directory = URL(fileURLWithPath: file).deletingLastPathComponent().path
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw CommandRefusal(
                "\(file) is written, but \(directory) can't be synced: \(String(cString: strerror(errno)))",
                hint: "see to the disk")
        }
    }
}
