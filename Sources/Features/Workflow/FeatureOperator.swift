import Core

/// One step of a feature: from values to values, row by row.
///
/// What an operator learns it learns in ``fit(_:)``, from training rows only; ``apply(_:rows:)`` then depends on nothing
/// but its input and what was learned, and is the same code for a column of millions and for one row at serving.
public protocol FeatureOperator: Codable, Sendable {
    /// The words that name the operator in a project.
    static var names: [String] { get }
    /// Reads the operator from a project; faults go to the argument's diagnostics.
    init(_ argument: OperatorArgument)
    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    func output(of input: FeatureKind) throws -> FeatureKind
    /// Learns from the training rows.
    ///
    /// - Throws: what reading the rows throws, and `invalidData` if nothing can be learned from them.
    mutating func fit(_ scan: FeatureScan) throws
    /// Turns values into values.
    ///
    /// - Parameters:
    ///   - column: values of a kind that ``output(of:)`` accepts.
    ///   - rows: whose rows they are.
    /// - Throws: `invalidData` for values that cannot be read.
    /// - Complexity: O(values)
    func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn
    /// How many codes come out, if codes come out and the operator is fitted.
    var cardinality: Int? { get }
    /// Whether ``apply(_:rows:)`` needs to know whose rows they are.
    var needsRows: Bool { get }
    /// Columns of the interactions that ``fit(_:)`` reads beside its input.
    var interactionColumns: [String] { get }
}

extension FeatureOperator {
    /// Learns nothing.
    public mutating func fit(_ scan: FeatureScan) throws {}
    /// No codes.
    public var cardinality: Int? { nil }
    /// Works on values alone.
    public var needsRows: Bool { false }
    /// None.
    public var interactionColumns: [String] { [] }
}

/// Whose rows a batch holds.
public struct FeatureRows: Sendable {
    /// Each row's user or item by index, −1 if it was not seen in training; nil if nobody knows.
    public var entities: [Int32]?
    /// Each row's hash of its user's or item's id; nil if nobody knows. Out-of-fold encodings take their folds from it.
    public var hashes: [UInt64]?

    /// Makes a description of rows.
    public init(entities: [Int32]? = nil, hashes: [UInt64]? = nil) {
        self.entities = entities
        self.hashes = hashes
    }
}

/// The training rows that an operator may learn from, batch by batch, as often as it asks.
public struct FeatureScan {
    /// What the values are.
    public let kind: FeatureKind
    let batches: (_ body: (FeatureColumn, FeatureRows) throws -> Void) throws -> Void
    let aggregates: (_ column: String?) throws -> EntityAggregates
    /// Sums and counts of a column of the interactions for each training row, or for all interactions of each user or
    /// item.
    let targets: (_ column: String) throws -> (sums: [Double], counts: [Double])

    /// Calls `body` with every batch of training rows in order.
    public func forEach(_ body: (_ column: FeatureColumn, _ rows: FeatureRows) throws -> Void) throws {
        try batches(body)
    }
}
