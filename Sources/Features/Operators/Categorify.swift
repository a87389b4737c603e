import Core

/// Turns values into codes of a ``Vocabulary`` learned from training rows.
///
/// ```yaml
/// postal_code: [categorify: {min-count: 5}]   # codes: 0 null, 1 out of vocabulary, 2 … by frequency
/// ```
/// Settings: `min-count` (rarer categories are out of vocabulary; default 1), `max-size` (keep the most frequent; default
/// all), `buckets` (hash buckets for what is out of vocabulary; default none).
///
/// Null and NaN are code 0; an unseen value is code 1 or a bucket. Numbers are categories by their shortest text.
public struct Categorify: FeatureOperator {
    /// The words that name the operator in a project.
    public static let names = ["categorify"]
    /// How often a category must come in training.
    public var minimumCount: Int
    /// How many categories are kept at most.
    public var maximumSize: Int?
    /// How many hash buckets take what is out of vocabulary.
    public var buckets: Int
    /// The categories, once fitted.
    public private(set) var vocabulary: Vocabulary?

    /// Makes an operator that is not fitted.
    public init(minimumCount: Int = 1, maximumSize: Int? = nil, buckets: Int = 0) {
        self.minimumCount = minimumCount
        self.maximumSize = maximumSize
        self.buckets = buckets
    }

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) {
        var fields = argument.fields()
        self.init(
            minimumCount: fields.integer("min-count", default: 1, in: 1 ... .max),
            maximumSize: fields.integer("max-size", in: 0...1_000_000_000),
            buckets: fields.integer("buckets", default: 0, in: 0...1_000_000_000))
        fields.finish()
    }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        if input == .code { throw OperatorFault.kind("categorify", wants: "values", found: input) }
        return .code
    }

    /// Learns from the training rows.
    ///
    /// - Complexity: O(values)
    public mutating func fit(_ scan: FeatureScan) throws {
        let builder = VocabularyBuilder()
        try scan.forEach { column, _ in builder.count(column) }
        vocabulary = builder.build(minimumCount: minimumCount, maximumSize: maximumSize, buckets: buckets)
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        guard let vocabulary else { throw OperatorFault.notFitted("categorify") }
        return column.with(.code(vocabulary.codes(column)))
    }

    /// How many codes come out, once fitted.
    public var cardinality: Int? { vocabulary?.cardinality }
}

extension Vocabulary {
    /// The codes of all values of a column.
    func codes(_ column: FeatureColumn) -> [Int32] {
        switch column.values {
        case .integer(let values), .moment(let values):
            return values.map { $0 == FeatureColumn.nullInteger ? Self.null : code($0) }
        case .real(let values): return values.map { code($0) }
        case .code(let values): return values.map { code(Int64($0)) }
        case .text(let column):
            guard case .string(let offsets, let bytes) = column.values else { preconditionFailure("text is text") }
            return (0..<column.count).map { row in
                if column.isNull(row) { return Self.null }
                return code(
                    utf8: UnsafeBufferPointer(rebasing: bytes.values[Int(offsets[row])..<Int(offsets[row + 1])]))
            }
        }
    }
}
