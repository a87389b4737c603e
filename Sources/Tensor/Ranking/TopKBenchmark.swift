import CKernels
import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What ``benchmarkTopK(users:items:dimensions:k:threads:seconds:seed:queryFile:itemFile:)`` measured.
public struct TopKBenchmark: Codable, Sendable {
    /// How many lists were made in a second, packing of the items included: the median of all repetitions.
    public var usersPerSecond: Double
    /// How many lists were made in a second of processor time: what to compare on a busy machine.
    public var usersPerProcessorSecond: Double
    /// The fastest repetition's.
    public var best: Double
    /// Multiplications and additions a second, in billions, at the median.
    public var gigaflops: Double
    /// How often all lists were made.
    public var repetitions: Int
    /// How many threads took part.
    public var threads: Int
    /// The instruction set of the kernel.
    public var kernels: String
    /// The sum of all items of all lists, by which two programs can see that they did the same work.
    public var itemSum: Int
}

/// Times exact top-k on vectors of standard normal numbers, items packed anew each time.
///
/// - Parameters:
///   - users: `U`, the number of queries.
///   - items: `N`, the number of items.
///   - dimensions: `D`, the length of each vector.
///   - k: the length of the lists.
///   - threads: the most threads to use; ``Threads/count`` if nil.
///   - seconds: how long to repeat the work, at least; it is done once in any case.
///   - seed: the seed of the numbers.
///   - queryFile: raw float32 numbers, `U × D`, to use in place of random queries.
///   - itemFile: raw float32 numbers, `N × D`, to use in place of random items.
/// - Throws: `notFound` or `invalidData` if a file is not there or holds too few numbers.
/// - Complexity: O(U · N · D) a repetition
public func benchmarkTopK(
    users: Int = 100_000, items: Int = 100_000, dimensions: Int = 64, k: Int = 100, threads: Int? = nil,
    seconds: Double = 10, seed: UInt64 = 1, queryFile: String? = nil, itemFile: String? = nil
) throws -> TopKBenchmark {
    let queries = try queryFile.map { try numbers(in: $0, users, dimensions) } ?? normal(users, dimensions, seed: seed)
    let vectors =
        try itemFile.map { try numbers(in: $0, items, dimensions) } ?? normal(items, dimensions, seed: seed + 1)
    let clock = ContinuousClock()
    let start = clock.now
    var rates: [Double] = []
    let processorStart = processorSeconds()
    var sum = 0
    repeat {
        var lists = RankedLists(count: 0, k: k)
        let took = clock.measure { lists = topK(queries: queries, items: vectors, k: k, threads: threads) }
        rates.append(Double(users) / (took / .seconds(1)))
        sum = lists.items.reduce(0) { $0 + Int($1) }
    } while start.duration(to: clock.now) < .seconds(seconds)
    let processor = processorSeconds() - processorStart
    rates.sort()
    let median = rates[rates.count / 2]
    return TopKBenchmark(
        usersPerSecond: median, usersPerProcessorSecond: Double(users * rates.count) / processor,
        best: rates[rates.count - 1],
        gigaflops: median * 2 * Double(items) * Double(dimensions) / 1e9, repetitions: rates.count,
        threads: threads ?? Threads.count, kernels: String(cString: martlet_kernels_name()), itemSum: sum)
}

/// A matrix of standard normal numbers, rows made in parallel, each with a stream of its own.
private func normal(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    let matrix = Matrix(rows: rows, columns: columns)
    parallelFor(rows, grain: 64) { range, _ in
        for row in range {
            var random = RandomSource(seed: seed, stream: UInt64(row))
            let values = matrix.row(row)
            for column in 0..<columns { values[column] = Float(random.normal()) }
        }
    }
    return matrix
}

/// The processor time of all threads of this process so far, in seconds.
private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
