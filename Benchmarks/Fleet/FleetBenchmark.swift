import Figures
import Foundation

/// A whole fleet on one machine, measured from outside: through the operator API, agents' sockets and /proc.
///
///     fleet-benchmark propagation [--agents 50] [--changes 500]
///     fleet-benchmark throughput [--agents 20] [--writers 8] [--seconds 30]
///     fleet-benchmark footprint [--flags 10000] [--seconds 30]
@main
enum FleetBenchmark {
    static func main() async {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        do {
            switch options.words.first {
            case "propagation": try await Propagation(options).run()
            case "throughput": try await Throughput(options).run()
            case "footprint": try await Footprint(options).run()
            case "subscriber": try PeerSubscriber(options).run()
            default:
                print("usage: fleet-benchmark propagation|throughput|footprint [--agents N] [--changes N] …")
                exit(64)
            }
        } catch {
            print("fleet-benchmark: \(error)")
            exit(1)
        }
    }
}
