import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A random search over hyperparameters: so many points, each value drawn by itself.
///
/// ```yaml
/// search:
///   trials: 12
///   learning-rate: {from: 0.001, to: 0.1, scale: log}
///   dropout: {from: 0, to: 0.3}
///   dimension: [32, 64, 128]
/// ```
///
/// A range whose ends are whole numbers gives whole numbers. The points depend on the project's seed, the model's name
/// and the keys alone, so that more trials keep the first ones and what was trained on them.
///
/// Source: Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization" (2012).
struct SearchSpace {
    typealias Entry = (key: String, location: SourceLocation, value: ConfigurationNode)

    private enum Values {
        case list([ConfigurationNode])
        case range(from: Double, to: Double, isLogarithmic: Bool, isWhole: Bool)
    }

    private let trials: Int
    private var axes: [(entry: Entry, values: Values)] = []

    /// Reads `search:`; faults go to `diagnostics`.
    init(_ node: ConfigurationNode, path: String, diagnostics: Diagnostics) {
        var fields = ConfigurationFields(node, path: path, diagnostics: diagnostics)
        trials = fields.integer("trials", default: 10, in: 1...1000)
        guard case .mapping(let entries) = node.content else { return }
        for entry in entries where entry.key != "trials" {
            if let values = Self.values(of: entry, path: path, diagnostics: diagnostics) {
                axes.append((entry, values))
            }
        }
        if entries.allSatisfy({ $0.key == "trials" }) {
            diagnostics.report(
                "'\(path)' names no hyperparameter to draw", hint: "add one, such as dropout: {from: 0, to: 0.3}",
                at: node.location)
        }
    }

    private static func values(of entry: Entry, path: String, diagnostics: Diagnostics) -> Values? {
        let name = "\(path).\(entry.key)"
        switch entry.value.content {
        case .sequence(let nodes) where !nodes.isEmpty: return .list(nodes)
        case .mapping:
            var fields = ConfigurationFields(entry.value, path: name, diagnostics: diagnostics)
            let isWhole = ["from", "to"].allSatisfy { if case .integer = entry.value[$0] { true } else { false } }
            let from = fields.number("from")
            let to = fields.number("to")
            let scale = fields.choice("scale", of: ["linear", "log"])
            fields.finish()
            guard let from, let to, from < to, scale != "log" || from > 0 else {
                diagnostics.report(
                    "'\(name)' needs 'from' below 'to'" + (scale == "log" ? ", both above 0" : ""),
                    hint: "write \(entry.key): {from: 0.001, to: 0.1, scale: log}", at: entry.value.location)
                return nil
            }
            return .range(from: from, to: to, isLogarithmic: scale == "log", isWhole: isWhole)
        default:
            diagnostics.report(
                "'\(name)' must be a list of values or a range, found \(entry.value.kind)",
                hint: "write \(entry.key): {from: 0.001, to: 0.1, scale: log}", at: entry.value.location)
            return nil
        }
    }

    /// The points, equal ones once.
    func points(seed: UInt64, model: String) -> [[Entry]] {
        var seen: Set<String> = []
        return (0..<(axes.isEmpty ? 0 : trials)).compactMap { trial in
            let point = axes.map { axis -> Entry in
                var random = RandomSource(seed: seed, stream: Self.stream(of: "\(model) \(axis.entry.key)", trial))
                return (axis.entry.key, axis.entry.location, Self.draw(axis.values, at: axis.entry.value, &random))
            }
            return seen.insert(point.map { $0.value.json.description }.joined(separator: " ")).inserted ? point : nil
        }
    }

    private static func draw(
        _ values: Values, at node: ConfigurationNode, _ random: inout RandomSource
    ) -> ConfigurationNode {
        switch values {
        case .list(let nodes): return nodes[random.index(below: nodes.count)]
        case .range(let from, let to, let isLogarithmic, let isWhole):
            // A whole range holds its upper end too, as likely as any other number.
            let end = isWhole ? to + 1 : to
            let share = random.uniform()
            let value = isLogarithmic ? from * pow(end / from, share) : from + (end - from) * share
            let text = isWhole ? "\(Int(min(value.rounded(.down), to)))" : readable(value)
            return ConfigurationNode(.scalar(text, isQuoted: false), location: node.location)
        }
    }

    /// Four significant digits: labels are read by people.
    private static func readable(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        let unit = pow(10, 3 - log10(abs(value)).rounded(.down))
        return "\((value * unit).rounded() / unit)"
    }

    /// FNV-1a of the name, the trial mixed in: independent of the order of the keys.
    private static func stream(of name: String, _ trial: Int) -> UInt64 {
        let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return hash &+ UInt64(trial)
    }
}
