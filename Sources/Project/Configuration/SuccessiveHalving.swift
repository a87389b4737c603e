import Core

/// When the points of a grid or a search are compared, and what share of them goes on.
///
/// ```yaml
/// halving: {epochs: [3, 9], keep: 0.34}
/// ```
///
/// Every point makes three passes; the best third, by the validation metric, makes nine; the best third of those trains
/// to its end. The others keep what they have learned so far and stay in the report. What is compared has always made
/// the same number of passes, so the choice does not depend on which process was faster.
///
/// Source: Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization" (2016).
public struct SuccessiveHalving: Sendable, Hashable {
    /// After how many passes points are compared, rising.
    public var epochs: [Int]
    /// The share of points that goes on, in (0, 1).
    public var keep: Double

    /// Reads `halving:`; faults go to `diagnostics`.
    init?(_ node: ConfigurationNode, path: String, kind: String, trainsInEpochs: Bool, diagnostics: Diagnostics) {
        var fields = ConfigurationFields(node, path: path, diagnostics: diagnostics)
        epochs = (fields.node("epochs").map(Self.numbers) ?? [3])
        keep = fields.number("keep", default: 0.34, in: 0.01...0.99)
        fields.finish()
        guard !epochs.isEmpty, epochs[0] >= 1, !zip(epochs, epochs.dropFirst()).contains(where: { $0 >= $1 }) else {
            diagnostics.report(
                "'\(path).epochs' must be whole numbers from 1 on that rise", hint: "write epochs: [3, 9]",
                at: node.location)
            return nil
        }
        guard trainsInEpochs else {
            diagnostics.report(
                "'\(path)': \(kind) does not train in epochs, so there is nothing to stop early",
                hint: "remove 'halving'; all points are trained to their end", at: node.location)
            return nil
        }
    }

    /// One number or a list of them; empty if one is none.
    private static func numbers(_ node: ConfigurationNode) -> [Int] {
        if case .sequence(let nodes) = node.content {
            let found = nodes.compactMap(\.json.integer)
            return found.count == nodes.count ? found : []
        }
        return node.json.integer.map { [$0] } ?? []
    }

    /// How many of so many points go on; at least one.
    func survivors(of count: Int) -> Int { max(1, Int((Double(count) * keep).rounded(.down))) }

    var json: JSONValue { ["epochs": .array(epochs.map { .integer(Int64($0)) }), "keep": .number(keep)] }
}
