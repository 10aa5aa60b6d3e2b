import Figures
import Foundation

/// A whole fleet on one machine, measured from outside: through the operator API, agents' sockets and /proc.
///
///     fleet-benchmark propagation [--agents 50] [--changes 500]
///     fleet-benchmark throughput [--agents 20] [--writers 8] [--seconds 30]
///     fleet-benchmark kills [--agents 20] [--members 1000000] [--writers 8] [--kills 300] [--pause 50]
///     fleet-benchmark footprint [--flags 10000] [--seconds 30]
///     fleet-benchmark members [--agents 50] [--members 1000000] [--changes 200]
@main
enum FleetBenchmark {
    static func main() async {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        do {
            switch options.words.first {
            case "propagation": try await Propagation(options).run()
            case "throughput": try await Throughput(options).run()
            case "kills": try await Kills(options).run()
            case "footprint": try await Footprint(options).run()
            case "members": try await Members(options).run()
            case "subscriber": try PeerSubscriber(options).run()
            default:
                print(
                    "usage: fleet-benchmark propagation|throughput|kills|footprint|members [--agents N] [--changes N] …"
                )
                exit(64)
            }
        } catch {
            print("fleet-benchmark: \(error)")
            exit(1)
        }
    }
}
