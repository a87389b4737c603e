import Tensor

/// The list that needs no model: what most users had.
public enum Bestsellers {
    /// The items from the largest to the smallest number, ties by lower index, those with 0 left out.
    static func order(_ numbers: [Double]) -> [Int32] {
        numbers.indices.filter { numbers[$0] > 0 }.sorted { (-numbers[$0], $0) < (-numbers[$1], $1) }.map(Int32.init)
    }

    /// The bestsellers for each of `count` users, without what they have.
    ///
    /// - Parameters:
    ///   - popularity: the training interactions of each item.
    ///   - count: how many lists to make.
    ///   - k: how many items a list holds.
    ///   - seen: the items that each list leaves out; nil for none.
    public static func lists(popularity: [Int32], count: Int, k: Int, seen: SparseRows?) -> RankedLists {
        lists(order: order(popularity.map(Double.init)), count: count, k: k, seen: seen)
    }

    static func lists(order: [Int32], count: Int, k: Int, seen: SparseRows?) -> RankedLists {
        var items = [Int32](repeating: -1, count: count * k)
        var marks = [Int32](repeating: 0, count: max(Int(order.max() ?? 0) + 1, seen?.columns ?? 0))
        for list in 0..<count {
            for item in seen?[list] ?? [] { marks[Int(item)] = Int32(list) + 1 }
            var place = list * k
            for item in order {
                guard place < (list + 1) * k else { break }
                if marks[Int(item)] == Int32(list) + 1 { continue }
                items[place] = item
                place += 1
            }
        }
        // The place counts, not a number: lists are compared by what they hold.
        let scores = items.indices.map { items[$0] < 0 ? -Float.infinity : -Float($0 % max(k, 1)) }
        return RankedLists(count: count, k: k, items: items, scores: scores)
    }
}
