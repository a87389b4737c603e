import FoundationEssentials
import Index
import Tensor

/// `single QUERIES ITEMS DIMENSIONS K COUNT`: searches the first COUNT queries one after the other on one thread, and
/// prints one JSON line. The files hold float32 numbers, row after row.
@main
struct Single {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let dimensions = Int(arguments[3]), let k = Int(arguments[4]),
            let count = Int(arguments[5])
        else { return print("usage: single QUERIES ITEMS DIMENSIONS K COUNT") }
        let (queries, items) = try (matrix(arguments[1], dimensions), matrix(arguments[2], dimensions))
        let index = try ExactIndex(items)
        let single = (0..<count).map { queries.copy(rows: $0..<$0 + 1) }
        for query in single.prefix(20) { _ = try index.search(query, k: k) }
        var found: [RankedLists] = []
        let start = ContinuousClock.now
        for query in single { found.append(try index.search(query, k: k)) }
        let (whole, parts) = (ContinuousClock.now - start).components
        let seconds = Double(whole) + Double(parts) * 1e-18
        let sum = found.reduce(0) { $0 + $1.items.reduce(0) { $0 + Int($1) } }
        print("{\"queries_per_second\": \(Double(count) / seconds), \"item_sum\": \(sum)}")
    }

    private static func matrix(_ path: String, _ dimensions: Int) throws -> Matrix {
        let data = try Data(contentsOf: URL(filePath: path))
        let numbers = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        return Matrix(rows: numbers.count / dimensions, columns: dimensions, values: numbers)
    }
}
