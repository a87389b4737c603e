import Foundation
import Models
import Tensor

/// Martlet's side of the race: reads the arrays that race.py wrote, then does what it is told line by line.
///
/// `dlrm FOLDER PRECISION THREADS CARDINALITIES`, the last separated by commas. Each line of the standard input is
/// `losses N` (N steps, answered by their losses) or `rate SECONDS` (answered by rows per second).
@main
struct DLRMRace {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let precision = Precision(rawValue: arguments[2]), let threads = Int(arguments[3])
        else { fatalError("usage: dlrm FOLDER float32|bfloat16 THREADS CARDINALITIES") }
        var configuration = DLRMBenchmark.Configuration(
            folder: arguments[1], cardinalities: arguments[4].split(separator: ",").compactMap { Int($0) })
        configuration.precision = precision
        configuration.threads = threads
        if let block = ProcessInfo.processInfo.environment["BLOCK"].flatMap({ Int($0) }) { configuration.block = block }
        var benchmark = try DLRMBenchmark(configuration)
        say("ready")
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 2 else { break }
            if words[0] == "losses" {
                say((0..<(Int(words[1]) ?? 0)).map { _ in "\(benchmark.next())" }.joined(separator: " "))
            } else {
                let (start, limit) = (ContinuousClock.now, Duration.seconds(Double(words[1]) ?? 1))
                var steps = 0
                repeat {
                    _ = benchmark.next()
                    steps += 1
                } while ContinuousClock.now - start < limit
                let seconds = (ContinuousClock.now - start) / Duration.seconds(1)
                say("\(Double(steps * configuration.rows) / seconds)")
            }
        }
    }

    /// Prints a line at once.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
