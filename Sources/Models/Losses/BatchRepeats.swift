#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Which columns of a batch hold items that a row's user bought before, and how often.
package struct BatchRepeats: Sendable {
    /// Where each row's columns begin; `B + 1` numbers.
    package private(set) var offsets: [Int64] = [0]
    /// The columns.
    package private(set) var columns: [Int32] = []
    /// log(1 + n) of each, n the faded count.
    package private(set) var counts: [Float] = []
    /// ρ₁ and ρ₂: the logit gets ρ₁ + ρ₂ · log(1 + n).
    package let coefficients: (Float, Float)

    /// Finds each row's repeats.
    ///
    /// - Parameters:
    ///   - items: each column's item; those past the trained ones are no item in particular.
    ///   - bags: the histories, with their totals.
    ///   - unknown: the table row that stands for no item in particular.
    /// - Complexity: O(entries of the bags · columns of an item)
    package init(_ items: [Int32], _ bags: TowerInput.Bags, unknown: Int32, coefficients: (Float, Float)) {
        self.coefficients = coefficients
        // Columns of the same item are chained, so that an entry finds all of them at once.
        var head = [Int32](repeating: -1, count: Int(unknown) + 1)
        var next = [Int32](repeating: -1, count: items.count)
        for (column, item) in items.enumerated() where item < unknown {
            next[column] = head[Int(item)]
            head[Int(item)] = Int32(column)
        }
        var sums = [Float](repeating: 0, count: items.count)
        var touched: [Int32] = []
        for row in bags.totals.indices {
            for entry in Int(bags.offsets[row])..<Int(bags.offsets[row + 1]) {
                var column = head[Int(bags.ids[entry])]
                while column >= 0 {
                    if sums[Int(column)] == 0 { touched.append(column) }
                    sums[Int(column)] += bags.weights[entry] * bags.totals[row]
                    column = next[Int(column)]
                }
            }
            for column in touched where sums[Int(column)] > 0 {
                columns.append(column)
                counts.append(log1p(sums[Int(column)]))
                sums[Int(column)] = 0
            }
            touched.removeAll(keepingCapacity: true)
            offsets.append(Int64(columns.count))
        }
    }
}
