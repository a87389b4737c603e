import Core
import Tensor

/// Where items lie relative to each other, by vectors of any kind: what tells a near miss from a far one.
public struct ItemSpace: Sendable {
    /// `N × D`, each row of length 1, or 0 where nothing is known of the item.
    public let vectors: Matrix
    /// The squared length of each row: 1, or 0 where nothing is known.
    private let known: [Float]

    /// Takes vectors of any length; a row that holds NaN or an infinity counts as unknown.
    ///
    /// - Complexity: O(N · D)
    public init(_ vectors: Matrix) {
        let unit = vectors.copy()
        var known = [Float](repeating: 0, count: vectors.rows)
        unit.withUnsafeValues { values in
            let width = unit.columns
            for row in 0..<unit.rows {
                var square: Float = 0
                for column in row * width..<(row + 1) * width { square += values[column] * values[column] }
                let factor = square.isFinite && square > 0 ? 1 / square.squareRoot() : 0
                for column in row * width..<(row + 1) * width {
                    values[column] = factor == 0 ? 0 : values[column] * factor
                }
                known[row] = factor == 0 ? 0 : 1
            }
        }
        self.vectors = unit
        self.known = known
    }

    /// The space of who had what: the cosine of two items is about the cosine of their sets of users.
    ///
    /// Each item's row of the users × items matrix is projected onto 64 random signs a user, which keeps inner products
    /// up to noise of about 1/8 (Achlioptas, "Database-Friendly Random Projections", 2003); means over many pairs are
    /// far sharper.
    ///
    /// - Parameters:
    ///   - histories: the items of each user, `U × N`.
    ///   - seed: where the signs come from.
    /// - Complexity: O(64 · entries), items shared out over threads.
    public init(histories: SparseRows, seed: UInt64) {
        let users = histories.transposed()
        let sums = Matrix(rows: histories.columns, columns: 64)
        // The signs of a byte, eight at a time.
        let signs = (0..<256).map { byte in
            SIMD8<Float>((0..<8).map { byte >> $0 & 1 == 1 ? 1 : -1 })
        }
        sums.withUnsafeValues { buffer in
            nonisolated(unsafe) let values = buffer
            parallelFor(histories.columns, grain: 64) { range, _ in
                signs.withUnsafeBufferPointer { signs in
                    for item in range {
                        var (a, b, c, d) = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
                        var (e, f, g, h) = (a, a, a, a)
                        for user in users[item] {
                            let bits = Self.signs(of: user, seed: seed)
                            a += signs[Int(bits & 255)]
                            b += signs[Int(bits >> 8 & 255)]
                            c += signs[Int(bits >> 16 & 255)]
                            d += signs[Int(bits >> 24 & 255)]
                            e += signs[Int(bits >> 32 & 255)]
                            f += signs[Int(bits >> 40 & 255)]
                            g += signs[Int(bits >> 48 & 255)]
                            h += signs[Int(bits >> 56)]
                        }
                        let row = UnsafeMutableRawPointer(values.baseAddress! + item * 64)
                        let sums = (a, b, c, d, e, f, g, h)
                        withUnsafeBytes(of: sums) { row.copyMemory(from: $0.baseAddress!, byteCount: 256) }
                    }
                }
            }
        }
        self.init(sums)
    }

    /// 64 signs of a user, by SplitMix64's mixer.
    private static func signs(of user: Int32, seed: UInt64) -> UInt64 {
        var word = seed &+ 0x9E37_79B9_7F4A_7C15 &* UInt64(UInt32(bitPattern: user) &+ 1)
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// 1 − the cosine of two items; nil if nothing is known of one.
    public func distance(_ left: Int32, _ right: Int32) -> Double? {
        guard left >= 0, right >= 0, Int(left) < vectors.rows, Int(right) < vectors.rows else { return nil }
        let cosine = dot(UnsafeBufferPointer(vectors.row(Int(left))), UnsafeBufferPointer(vectors.row(Int(right))))
        return known[Int(left)] > 0 && known[Int(right)] > 0 ? 1 - Double(cosine) : nil
    }

    /// The mean over lists of the mean cosine of two different items of a list: high for lists of one kind of thing;
    /// recmetrics' `intra_list_similarity`. Items that nothing is known of count as 0, lists of less than two items are
    /// left out.
    ///
    /// Σ over pairs of a list is (‖Σ v‖² − Σ ‖v‖²) / 2.
    ///
    /// - Complexity: O(U · k · D), lists shared out over threads.
    public func intraListSimilarity(_ lists: RankedLists, k: Int) -> Double {
        let depth = min(k, lists.k)
        guard depth > 1, lists.count > 0 else { return .nan }
        var values = [Double](repeating: .nan, count: lists.count)
        values.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let values = buffer
            parallelFor(lists.count, grain: 128) { range, _ in
                var sum = [Float](repeating: 0, count: vectors.columns)
                for list in range { values[list] = similarity(lists, list, depth: depth, &sum) }
            }
        }
        let known = values.filter { !$0.isNaN }
        return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
    }

    private func similarity(_ lists: RankedLists, _ list: Int, depth: Int, _ sum: inout [Float]) -> Double {
        var length = 0
        var own: Float = 0
        return sum.withUnsafeMutableBufferPointer { sum in
            sum.update(repeating: 0)
            vectors.withUnsafeValues { values in
                lists.items.withUnsafeBufferPointer { items in
                    for place in list * lists.k..<list * lists.k + depth {
                        let item = Int(items[place])
                        guard item >= 0 else { break }
                        length += 1
                        guard item < vectors.rows else { continue }
                        let vector = UnsafeBufferPointer(
                            start: values.baseAddress! + item * sum.count, count: sum.count)
                        axpy(1, vector, into: sum)
                        own += known[item]
                    }
                }
            }
            guard length > 1 else { return .nan }
            let square = dot(UnsafeBufferPointer(sum), UnsafeBufferPointer(sum))
            return Double(square - own) / Double(length * (length - 1))
        }
    }

    /// Being less wrong: the distances (1 − cosine) of the first item of a list from the user's first relevant item, for
    /// every user whose first relevant item is not in the list; RecList's `generic_cosine_distance`.
    ///
    /// Tagliabue et al., "Beyond NDCG: Behavioral Testing of Recommender Systems with RecList" (2022).
    public func missDistances(_ lists: RankedLists, truth: SparseRows, k: Int) -> [Double] {
        let depth = min(k, lists.k)
        return (0..<lists.count).compactMap { list in
            guard depth > 0, let wanted = truth[list].first, lists.items[list * lists.k] >= 0 else { return nil }
            let places = lists.items[list * lists.k..<list * lists.k + depth]
            return places.contains(wanted) ? nil : distance(places.first!, wanted)
        }
    }
}
