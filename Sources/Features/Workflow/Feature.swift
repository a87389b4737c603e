import Core

/// One column of a workflow's output: a source column and the operators that its values go through.
public struct Feature: Codable, Sendable {
    /// The name of the column that comes out.
    public let name: String
    /// What it describes.
    public let group: FeatureGroup
    /// The column that goes in; nil if the first operator makes the values (`join-group-by`).
    public let source: String?
    /// What the source's values are, once fitted.
    public private(set) var sourceKind: FeatureKind?
    /// Whether the source's rows hold lists, once fitted.
    public private(set) var isList = false
    /// Whether operators are chosen by the source's type when it is known.
    private let isAutomatic: Bool
    private var steps: [OperatorBox]

    /// Makes a feature that is not fitted; without operators they are chosen by the source's type: `categorify` for
    /// text, `normalize` for numbers.
    public init(name: String, group: FeatureGroup, source: String?, operators: [any FeatureOperator]) {
        self.init(name: name, group: group, source: source, named: operators.map { (type(of: $0).names[0], $0) })
    }

    /// Makes a feature whose operators keep the words they were named by.
    init(name: String, group: FeatureGroup, source: String?, named operators: [(String, any FeatureOperator)]) {
        self.name = name
        self.group = group
        self.source = source
        steps = operators.map { OperatorBox(name: $0.0, body: $0.1) }
        isAutomatic = operators.isEmpty
    }

    /// The operators, in order.
    public var operators: [any FeatureOperator] { steps.map(\.body) }

    /// Whether encoding needs to know whose row it is.
    var needsRows: Bool { steps.contains { $0.body.needsRows } }

    /// Columns of the interactions that fitting reads beside the source.
    var interactionColumns: [String] { steps.flatMap { $0.body.interactionColumns } }

    /// The column that comes out; the feature must be fitted.
    public var schema: ColumnSchema {
        var tags: Set<Tag> = [group.tag, cardinality == nil ? .continuous : .categorical]
        if isList { tags.insert(.list) }
        return ColumnSchema(name, cardinality == nil ? .float32 : .int32, tags: tags, cardinality: cardinality)
    }

    private var cardinality: Int? { steps.last?.body.cardinality }

    /// Checks the operators against what the source holds, and completes them.
    mutating func resolve(kind: FeatureKind, isList: Bool) throws {
        sourceKind = kind
        self.isList = isList && source != nil
        if isAutomatic {
            let chosen: any FeatureOperator =
                switch kind {
                case .text, .integer, .code: Categorify()
                case .real: Normalize()
                case .moment:
                    throw fault(
                        MartletError(
                            .invalidConfiguration, "a timestamp needs an operator",
                            hint: "write '\(name): [month]', or another of year, day, weekday, hour, week"))
                }
            steps = [OperatorBox(name: type(of: chosen).names[0], body: chosen)]
        }
        var current = kind
        for (index, step) in steps.enumerated() {
            if index > 0, step.body is JoinGroupBy {
                throw fault(MartletError(.invalidConfiguration, "join-group-by must be the first operator"))
            }
            do {
                current = try step.body.output(of: current)
            } catch let error as MartletError {
                throw fault(error)
            }
        }
        switch current {
        case .integer:
            steps.append(OperatorBox(name: Categorify.names[0], body: Categorify()))
        case .text, .moment:
            throw fault(
                MartletError(
                    .invalidConfiguration, "the last operator leaves \(current.words), which no model learns from",
                    hint: "put categorify behind it"))
        case .real, .code: break
        }
    }

    /// An error of this feature's operators, with the feature's name.
    func fault(_ error: MartletError) -> MartletError {
        MartletError(
            error.code, "feature '\(name)' of \(group.rawValue): \(error.message)", hint: error.hint,
            at: error.location, underlying: error.underlying)
    }

    /// Fits one operator after the other; each sees what the ones before it make.
    ///
    /// - Parameter scan: goes over the source's training rows.
    mutating func fit(_ scan: FeatureScan) throws {
        for index in steps.indices {
            let before = steps[..<index]
            var kind = scan.kind
            for step in before { kind = try step.body.output(of: kind) }
            let inner = FeatureScan(
                kind: kind,
                batches: { body in
                    try scan.forEach { column, rows in
                        var column = column
                        for step in before { column = try step.body.apply(column, rows: rows) }
                        try body(column, rows)
                    }
                }, aggregates: scan.aggregates, targets: scan.targets)
            do {
                try steps[index].body.fit(inner)
            } catch let error as MartletError {
                throw fault(error)
            }
        }
    }

    /// Sends values through all operators.
    ///
    /// - Returns: `int32` codes or `float32` numbers without nulls: a null number that no operator filled is 0.
    func encode(_ column: FeatureColumn, rows: FeatureRows) throws -> Column {
        var column = column
        do {
            for step in steps { column = try step.body.apply(column, rows: rows) }
        } catch let error as MartletError {
            throw fault(error)
        }
        let bounds = column.bounds.map { Buffer($0.map(Int64.init)) }
        switch column.values {
        case .code(let codes): return Column(.int32(Buffer(codes)), listOffsets: bounds)
        case .real(let values):
            return Column(.float32(Buffer(values.map { $0.isNaN ? 0 : Float($0) })), listOffsets: bounds)
        default:
            throw fault(
                MartletError(.invalidData, "the workflow was not fitted", hint: "fit it on training rows first"))
        }
    }
}
