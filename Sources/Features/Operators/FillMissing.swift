import Core

/// Puts a value where there is none.
///
/// ```yaml
/// age: [fill-missing: 0]          # or {value: 0}, or a text for a column of texts, or {with: mean}
/// ```
/// Null and NaN become the value; `with: mean` takes the mean of the training rows (0 if none has a value). A whole
/// number stays whole if the value is whole.
public struct FillMissing: FeatureOperator {
    /// The words that name the operator in a project.
    public static let names = ["fill-missing"]

    /// What is filled in.
    public enum Filling: Codable, Sendable, Equatable {
        /// A number.
        case number(Double)
        /// A text.
        case text(String)
        /// The mean of the training rows, once fitted.
        case mean(Double?)
    }

    /// What is filled in.
    public private(set) var filling: Filling

    /// Makes an operator.
    public init(_ filling: Filling) { self.filling = filling }

    /// Reads the operator from a project; faults go to the argument's diagnostics.
    public init(_ argument: OperatorArgument) {
        filling = .number(0)
        var value = argument.node
        if let node = value, case .mapping = node.content {
            var fields = argument.fields()
            value = fields.node("value")
            if fields.choice("with", of: ["mean"]) != nil {
                filling = .mean(nil)
                if value != nil { argument.report("takes either 'value' or 'with'") }
                value = nil
            } else if value == nil {
                argument.report("needs a value", hint: "write 'fill-missing: 0'")
            }
            fields.finish()
        } else if value == nil {
            argument.report("needs a value", hint: "write 'fill-missing: 0'")
        }
        guard let value else { return }
        if let number = OperatorArgument.number(value) {
            filling = .number(number)
        } else if case .scalar(let text, _) = value.content {
            filling = .text(text)
        } else {
            argument.report("must be a number or a text, found \(value.kind)")
        }
    }

    /// What comes out if `input` goes in.
    ///
    /// - Throws: `invalidConfiguration` if the operator has no meaning for such values.
    public func output(of input: FeatureKind) throws -> FeatureKind {
        switch (filling, input) {
        case (.text, .text): return .text
        case (.text, _): throw OperatorFault.kind("fill-missing with a text", wants: "text", found: input)
        case (.number(let value), .integer): return Int64(exactly: value) == nil ? .real : .integer
        case (.number, .real), (.mean, .real), (.mean, .integer): return .real
        case (.number(let value), .text):
            throw MartletError(
                .invalidConfiguration, "fill-missing with a number takes numbers, found text",
                hint: "quote the value: fill-missing: '\(NumberText.text(value))'")
        default: throw OperatorFault.kind("fill-missing with a number", wants: "numbers", found: input)
        }
    }

    /// Learns from the training rows.
    ///
    /// - Complexity: O(values)
    public mutating func fit(_ scan: FeatureScan) throws {
        guard case .mean = filling else { return }
        var moments = RunningMoments()
        try scan.forEach { column, _ in moments.add(column.reals) }
        filling = .mean(moments.count == 0 ? 0 : moments.mean)
    }

    /// Turns values into values, one for one.
    ///
    /// - Throws: `invalidData` if the operator should have been fitted and was not, or a value cannot be read.
    /// - Complexity: O(values)
    public func apply(_ column: FeatureColumn, rows: FeatureRows) throws -> FeatureColumn {
        switch filling {
        case .text(let text):
            guard case .text(let texts) = column.values, texts.validity != nil else { return column }
            return column.with(.text(Column(strings: (0..<texts.count).map { texts.text($0) ?? text })))
        case .number(let value):
            if case .integer(let values) = column.values, let whole = Int64(exactly: value) {
                return column.with(.integer(values.map { $0 == FeatureColumn.nullInteger ? whole : $0 }))
            }
            return column.with(.real(column.reals.map { $0.isNaN ? value : $0 }))
        case .mean(let value):
            guard let value else { throw OperatorFault.notFitted("fill-missing") }
            return column.with(.real(column.reals.map { $0.isNaN ? value : $0 }))
        }
    }
}
