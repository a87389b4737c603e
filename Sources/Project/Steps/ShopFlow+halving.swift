import Core
import Flow
import FoundationEssentials
import Models

/// Successive halving: points of a grid that are hopeless after some passes train no further.
///
/// ```
/// trial[a]@3 ─┐              ┌─▶ train[a]     the best go on from their checkpoint
/// trial[b]@3 ─┼▶ halve[m]@3 ─┼─▶ train[b]     the others hand on what they have
/// trial[c]@3 ─┘              └─▶ train[c]
/// ```
extension ShopFlow {
    /// The steps of a model whose points are compared on the way.
    func trainings(of model: ModelConfiguration, _ halving: SuccessiveHalving) -> [Step] {
        var steps: [Step] = []
        var earlier: Int?
        for epochs in halving.epochs {
            steps += model.points.map { stage(of: model, $0, from: earlier, to: epochs) }
            steps.append(comparison(of: model, halving, after: epochs, earlier: earlier))
            earlier = epochs
        }
        return steps + model.points.map { stage(of: model, $0, from: earlier, to: nil) }
    }

    /// One point from one comparison to the next, or to its end.
    private func stage(
        of model: ModelConfiguration, _ point: ModelConfiguration.Point, from earlier: Int?, to pause: Int?
    ) -> Step {
        let project = project
        let name = pause.map { "trial[\(point.label)]@\($0)" } ?? "train[\(point.label)]"
        let before = earlier.map { (trial: "trial[\(point.label)]@\($0)", comparison: "halve[\(model.name)]@\($0)") }
        return Step(
            name, dependencies: [SplitUse.selection.rawValue] + (before.map { [$0.trial, $0.comparison] } ?? []),
            parameters: trainingParameters(of: model, point), isolation: .childProcess,
            retries: Self.afterDeath, memory: trainingMemory(of: model, point)
        ) { context in
            if let before {
                let goesOn = try context.value(of: before.comparison)["on"]?.array ?? []
                guard goesOn.contains(.string(point.label)) else {
                    try Self.copy(context.input(before.trial, "model"), to: context.output("model"))
                    var value = try context.value(of: before.trial).object ?? [:]
                    value["stoppedEarly"] = .bool(true)
                    return context.setValue(.object(value))
                }
                let checkpoint = "\(context.checkpointFolder)/\(TrainingOptions.checkpointFile)"
                if !FileManager.default.fileExists(atPath: checkpoint) {
                    try Self.copy(context.input(before.trial, "checkpoint"), to: context.checkpointFolder)
                }
            }
            try Self.train(
                kind: model.kind, hyperparameters: point.hyperparameters, pauseAfter: pause, on: .selection,
                project: project, context: context)
            if pause != nil { try Self.copy(context.checkpointFolder, to: context.output("checkpoint")) }
        }
    }

    /// Which points go on: the best by the validation metric, equal ones in the order of the project file.
    private func comparison(
        of model: ModelConfiguration, _ halving: SuccessiveHalving, after epochs: Int, earlier: Int?
    ) -> Step {
        let before = earlier.map { ["halve[\(model.name)]@\($0)"] } ?? []
        return Step(
            "halve[\(model.name)]@\(epochs)",
            dependencies: before + model.points.map { "trial[\($0.label)]@\(epochs)" },
            parameters: ["halving": halving.json]
        ) { context in
            var labels = model.points.map(\.label)
            if let name = before.first {
                let goesOn = try context.value(of: name)["on"]?.array ?? []
                labels.removeAll { !goesOn.contains(.string($0)) }
            }
            var found: [(label: String, metric: Double)] = []
            for label in labels {
                let validation = try context.value(of: "trial[\(label)]@\(epochs)")["validation"]?.array ?? []
                found.append((label, validation.compactMap(\.number).max() ?? -1))
            }
            let order = found.indices.sorted { (-found[$0].metric, $0) < (-found[$1].metric, $1) }
            let best = order.prefix(halving.survivors(of: found.count)).sorted().map { found[$0].label }
            context.progress.note(
                "\(model.name): after \(epochs) epochs \(best.count) of \(found.count) points go on: "
                    + best.joined(separator: ", "))
            context.setValue([
                "on": .array(best.map { .string($0) }),
                "metrics": .object(
                    Dictionary(found.map { ($0.label, .number($0.metric)) }, uniquingKeysWith: { first, _ in first })),
            ])
        }
    }

    private static func copy(_ source: String, to target: String) throws {
        do {
            if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
            try FileManager.default.copyItem(atPath: source, toPath: target)
        } catch {
            throw MartletError(.system, "cannot copy \(source) to \(target)", underlying: error)
        }
    }
}
