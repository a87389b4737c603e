import FoundationEssentials
import Index
import Tensor

#if canImport(Glibc)
import Glibc
#endif

/// `ann FOLDER DIMENSIONS K`: Martlet's side of the race, one JSON line for each figure.
///
/// FOLDER holds float32 numbers, row after row, in `vectors`, `queries` (asked for) and `others` (queries by which the
/// effort is chosen), and in `allowed` a byte for each vector that says whether the filter lets it through.
@main
struct Race {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let dimensions = Int(arguments[2]), let k = Int(arguments[3]) else {
            return print("usage: ann FOLDER DIMENSIONS K")
        }
        func matrix(_ name: String) throws -> Matrix { try Race.matrix("\(arguments[1])/\(name)", dimensions) }
        let (vectors, queries, others) = try (matrix("vectors"), matrix("queries"), matrix("others"))
        let truth = try Data(contentsOf: URL(filePath: "\(arguments[1])/truth")).withUnsafeBytes {
            Array($0.bindMemory(to: Int32.self))
        }
        let before = resident()
        let start = ContinuousClock.now
        var index = try PartitionedIndex(vectors, options: PartitionOptions(k: k), queries: others)
        let built = Race.seconds(since: start)
        print(
            "{\"build_seconds\": \(built), \"resident_mb\": \(resident() - before), "
                + "\"index_mb\": \(Double(index.memoryBytes) / 1e6), \"cells\": \(index.cellCount)}")
        fflush(nil)
        let single = (0..<queries.rows).map { queries.copy(rows: $0..<$0 + 1) }
        for target in [0.89, 0.91, 0.94, 0.96, 0.975, 0.985, 0.992] {
            index = try retargeted(index, target, k, others)
            try report("target \(target)", index, single, k: k, filter: SearchFilter(), truth)
        }
        let allowed = try Data(contentsOf: URL(filePath: "\(arguments[1])/allowed")).map { $0 != 0 }
        let allowedTruth = try Data(contentsOf: URL(filePath: "\(arguments[1])/allowed_truth")).withUnsafeBytes {
            Array($0.bindMemory(to: Int32.self))
        }
        try report("filter", index, single, k: k, filter: SearchFilter(allowed: allowed), allowedTruth)
    }

    /// The same index with the effort for another recall.
    private static func retargeted(_ index: PartitionedIndex, _ target: Double, _ k: Int, _ queries: Matrix) throws
        -> PartitionedIndex
    {
        var index = index
        index.options.targetRecall = target
        try index.tune(queries: queries)
        return index
    }

    /// Asks one query after the other, several times over; prints the median rate and the recall.
    private static func report(
        _ name: String, _ index: PartitionedIndex, _ queries: [Matrix], k: Int, filter: SearchFilter, _ truth: [Int32]
    ) throws {
        var hits = 0
        var rates: [Double] = []
        for round in 0..<6 {
            let start = ContinuousClock.now
            var lists: [RankedLists] = []
            for query in queries { lists.append(try index.search(query, k: k, filter: filter)) }
            if round > 0 { rates.append(Double(queries.count) / seconds(since: start)) }
            guard round == 0 else { continue }
            for (row, list) in lists.enumerated() {
                hits += Set(truth[row * k..<(row + 1) * k]).intersection(list[0]).count
            }
        }
        rates.sort()
        print(
            "{\"name\": \"\(name)\", \"recall\": \(Double(hits) / Double(queries.count * k)), "
                + "\"queries_per_second\": \(rates[rates.count / 2]), \"reach\": \(index.effort.reach), "
                + "\"refine\": \(index.effort.refine)}")
        fflush(nil)
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }

    /// The memory of this process that is in use, in MB.
    private static func resident() -> Double {
        guard let text = try? String(contentsOf: URL(filePath: "/proc/self/statm"), encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6
    }

    private static func matrix(_ path: String, _ dimensions: Int) throws -> Matrix {
        let data = try Data(contentsOf: URL(filePath: path))
        return data.withUnsafeBytes { bytes in
            let numbers = bytes.bindMemory(to: Float.self)
            return Matrix(rows: numbers.count / dimensions, columns: dimensions, values: numbers)
        }
    }
}
