import Core

/// The smoothed mean of a target over the training rows of a category, out of fold.
///
/// ```yaml
/// colour_rate: {from: colour, operators: [target-encode: {target: rating, smoothing: 20, folds: 5}]}
/// ```
/// For category `c` and a row of fold `f`, over all training rows outside `f`:
///
///     (sum of the target in c + smoothing × overall mean) / (rows in c + smoothing)
///
/// A user's (in the group `item`: an item's) rows share one fold, by the hash of the id, so that nobody's own target
/// flows into the own encoding, and the same row has the same value in training and at serving. Without an id all
/// training rows count. Null is a category of its own; an unseen category is the overall mean.
///
/// Source: Micci-Barreca, "A Preprocessing Scheme for High-Cardinality Categorical Attributes" (2001).
public struct TargetEncoding: FeatureOperator {
    /// The words that name the operator in a project.
    public static let names = ["target-encode"]
    /// The column of the interactions that is averaged.
    public var target: String
    /// How many rows the overall mean counts for.
    public var smoothing: Double
    /// How many folds there are.
    public var folds: Int
    private var vocabulary: Vocabulary?
    /// Sum and number of rows by fold and code: `[fold × cardinality + code]`.
    private var sums: [Double] = []
    private var counts: [Double] = []
    /// What comes out by fold left out and code, the last row with none left out; follows from the sums.
    private var encoded: [Double] = []

    /// Makes an operator that is not fitted.
    public init(target: String, smoothing: Double = 20, folds: Int = 5) {
        self.target = target
        self.smoothing = smoothing
        self.folds = folds
    }

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) {
        var fields = argument.fields()
        target = fields.required("target", hint: "write 'target-encode: {target: rating}'")
        smoothing = fields.number("smoothing", default: 20, in: 0...1e12)
        folds = fields.integer("folds", default: 5, in: 2...1000)
        fields.finish()
    }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        if input == .code { throw OperatorFault.kind("target-encode", wants: "values", found: input) }
        return .real
    }

    /// Learns from the training rows.
    ///
    /// - Complexity: O(values)
    public mutating func fit(_ scan: FeatureScan) throws {
        let builder = VocabularyBuilder()
        try scan.forEach { column, _ in builder.count(column) }
        let vocabulary = builder.build()
        let width = vocabulary.cardinality
        let targets = try scan.targets(target)
        var sums = [Double](repeating: 0, count: folds * width)
        var counts = sums
        var row = 0
        try scan.forEach { column, rows in
            for (index, code) in vocabulary.codes(column).enumerated() {
                let fold = rows.hashes.map { Int($0[index] % UInt64(folds)) } ?? 0
                sums[fold * width + Int(code)] += targets.sums[row]
                counts[fold * width + Int(code)] += targets.counts[row]
                row += 1
            }
        }
        (self.vocabulary, self.sums, self.counts) = (vocabulary, sums, counts)
        encoded = Self.encodings(sums: sums, counts: counts, folds: folds, width: width, smoothing: smoothing)
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        guard let vocabulary else { throw OperatorFault.notFitted("target-encode") }
        let width = vocabulary.cardinality
        let codes = vocabulary.codes(column)
        return column.with(
            .real(
                codes.enumerated().map { index, code in
                    let fold = rows.hashes.map { Int($0[index] % UInt64(folds)) } ?? folds
                    return encoded[fold * width + Int(code)]
                }))
    }

    /// The encodings with one fold left out after the other, and at last with none left out.
    private static func encodings(
        sums: [Double], counts: [Double], folds: Int, width: Int, smoothing: Double
    ) -> [Double] {
        var encoded = [Double](repeating: 0, count: (folds + 1) * width)
        for left in 0...folds {
            var (categorySums, categoryCounts) = (
                [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
            )
            for fold in 0..<folds where fold != left {
                for code in 0..<width {
                    categorySums[code] += sums[fold * width + code]
                    categoryCounts[code] += counts[fold * width + code]
                }
            }
            let total = categoryCounts.reduce(0, +)
            let mean = total > 0 ? categorySums.reduce(0, +) / total : 0
            for code in 0..<width {
                // An unseen category knows nothing of its own: the overall mean, even without smoothing.
                let weight = categoryCounts[code] > 0 ? categoryCounts[code] + smoothing : 0
                encoded[left * width + code] = weight > 0 ? (categorySums[code] + smoothing * mean) / weight : mean
            }
        }
        return encoded
    }

    /// Encoding depends on whose row it is.
    public var needsRows: Bool { true }
    /// The column of the interactions that is learned from.
    public var interactionColumns: [String] { [target] }

    // MARK: - Saved and loaded

    private enum Key: String, CodingKey { case target, smoothing, folds, vocabulary, sums, counts }

    /// Reads a saved operator.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        target = try container.decode(String.self, forKey: .target)
        smoothing = try container.decode(Double.self, forKey: .smoothing)
        folds = try container.decode(Int.self, forKey: .folds)
        vocabulary = try container.decodeIfPresent(Vocabulary.self, forKey: .vocabulary)
        guard let vocabulary else { return }
        sums = try container.decode(SavedNumbers.self, forKey: .sums).values
        counts = try container.decode(SavedNumbers.self, forKey: .counts).values
        let width = vocabulary.cardinality
        guard folds >= 2, folds <= 1000, sums.count == folds * width, counts.count == sums.count else {
            throw MartletError(.corrupted, "a saved target-encode contradicts itself", hint: "build the dataset again")
        }
        encoded = Self.encodings(sums: sums, counts: counts, folds: folds, width: width, smoothing: smoothing)
    }

    /// Saves the operator; many sums go to files beside.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(target, forKey: .target)
        try container.encode(smoothing, forKey: .smoothing)
        try container.encode(folds, forKey: .folds)
        try container.encodeIfPresent(vocabulary, forKey: .vocabulary)
        guard vocabulary != nil else { return }
        try container.encode(SavedNumbers(sums), forKey: .sums)
        try container.encode(SavedNumbers(counts), forKey: .counts)
    }
}
