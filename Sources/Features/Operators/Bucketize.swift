import Core

/// Turns numbers into the number of their bucket.
///
/// ```yaml
/// age: [bucketize: {every: 5}]          # floor(x / 5)
/// age: [bucketize: [18, 30, 50]]        # below 18 is 0, 18 up to 30 is 1, …; also {edges: […]}
/// ```
/// A value on an edge belongs to the bucket above it. Null stays null. Buckets are categories: without a `categorify`
/// behind, one is put there.
public struct Bucketize: FeatureOperator {
    /// The words that name the operator in a project.
    public static let names = ["bucketize"]
    /// Where buckets meet, ascending; empty if ``every`` says the width.
    public var edges: [Double]
    /// The width of all buckets.
    public var every: Double?

    /// Makes an operator with ascending edges.
    public init(edges: [Double]) {
        precondition(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }, "edges ascend")
        self.edges = edges
    }

    /// Makes an operator with buckets of one width above 0.
    public init(every width: Double) {
        precondition(width > 0, "a bucket has a width")
        edges = []
        every = width
    }

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) {
        edges = []
        var list = argument.node
        if let node = list, case .mapping = node.content {
            var fields = argument.fields()
            list = fields.node("edges")
            every = fields.number("every")
            fields.finish()
            if let every, every <= 0 { argument.report("has a width 'every' of \(every), it must be above 0") }
            if (every == nil) == (list == nil) {
                argument.report(
                    "takes either 'every' or 'edges'",
                    hint: "write 'bucketize: {every: 5}' or 'bucketize: [18, 30, 50]'")
            }
        }
        guard let list else {
            if argument.node == nil {
                argument.report("needs edges", hint: "write 'bucketize: {every: 5}' or 'bucketize: [18, 30, 50]'")
            }
            return
        }
        guard case .sequence(let nodes) = list.content, !nodes.isEmpty else {
            argument.report("must be a list of edges, found \(list.kind)")
            return
        }
        edges = nodes.compactMap(OperatorArgument.number)
        if edges.count < nodes.count { argument.report("has edges that are no numbers") }
        if !zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) { argument.report("has edges that do not ascend") }
    }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        guard input.isNumeric else { throw OperatorFault.kind("bucketize", wants: "numbers", found: input) }
        return .integer
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        column.with(.integer(column.reals.map { $0.isNaN ? FeatureColumn.nullInteger : bucket($0) }))
    }

    private func bucket(_ value: Double) -> Int64 {
        if let every {
            // Far beyond any bucket that a training row could fill, and held within what an integer can say.
            return Int64(min(max((value / every).rounded(.down), -0x1p62), 0x1p62))
        }
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return Int64(low)
    }
}
