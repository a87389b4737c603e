import CKernels
import Tensor

/// Levels of experts, rectified layers whose outputs each target mixes by a gate of its own.
///
/// On each level every target has experts of its own, and all share some. A target's gate, the softmax of a linear map
/// of the target's input, weighs its own and the shared experts; on all levels but the last, one more gate mixes all of
/// them into what the shared experts see on the next. On the first level all see x, and everything is columns of one
/// product, the stem. Without own experts and with one level this is MMoE.
///
/// Sources: Ma et al., "Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts" (2018);
/// Tang et al., "Progressive Layered Extraction (PLE)" (2020).
package struct ExpertLevels: Sendable {
    /// What a target has on a level, or what is shared.
    package struct Group: Sendable {
        /// What its input is multiplied with; nil on the first level: the stem.
        package var layer: DenseLayer?
        /// Where its columns begin in the product.
        package var column: Int
        /// Where its experts' outputs stand in the workspace.
        package var experts: [Int]
        /// The experts that its gate mixes: of which group, and which; empty: no gate.
        package var mixed: [(group: Int, expert: Int)]
        fileprivate var product = 0
        fileprivate var gate = 0
        fileprivate var output = 0
    }

    /// For each level, the targets' groups and then the shared one.
    package private(set) var levels: [[Group]] = []
    /// The product with x.
    package let stem: DenseLayer
    /// The width of an expert's output.
    package let width: Int
    private let targets: Int

    /// Adds the parameters.
    package init(
        input: Int, targets: Int, own: Int, shared: Int, width: Int, levels count: Int,
        precision: Precision, plan: inout WorkspacePlan,
        to parameters: inout Parameters
    ) {
        self.width = width
        self.targets = targets
        var stemWidth = 0
        for level in 1...count {
            var groups: [Group] = []
            for place in 0...targets {
                let isShared = place == targets
                let experts = isShared ? shared : own
                let sharedOnes = (0..<shared).map { (group: targets, expert: $0) }
                let mixed: [(group: Int, expert: Int)] =
                    !isShared
                    ? (0..<own).map { (place, $0) } + sharedOnes
                    : level == count
                        ? [] : (0..<targets).flatMap { target in (0..<own).map { (target, $0) } } + sharedOnes
                var group = Group(
                    layer: nil, column: 0, experts: (0..<experts).map { _ in plan.add(width) }, mixed: mixed)
                let columns = experts * width + mixed.count
                if level == 1 {
                    group.column = stemWidth
                    stemWidth += columns
                } else {
                    group.layer = DenseLayer(
                        "level\(level).\(isShared ? "shared" : "target\(place + 1)")", input: width, output: columns,
                        isRectified: false, precision: precision, to: &parameters)
                    group.product = plan.add(columns)
                }
                if !mixed.isEmpty {
                    group.gate = plan.add(mixed.count)
                    group.output = plan.add(width)
                }
                groups.append(group)
            }
            levels.append(groups)
        }
        stem = DenseLayer(
            "level1", input: input, output: stemWidth, isRectified: false, precision: precision, to: &parameters)
    }

    /// Where a target's mixture of the last level stands in the workspace.
    package func output(_ target: Int) -> Int { levels[levels.count - 1][target].output }

    /// Runs all levels.
    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        for (level, groups) in levels.enumerated() {
            for (place, group) in groups.enumerated() {
                group.layer?.forward(
                    parameters, x: space.values[levels[level - 1][place].output], y: space.values[group.product],
                    rows: 0..<rows)
                let product = group.layer == nil ? space.stem : space.values[group.product]
                for (number, expert) in group.experts.enumerated() {
                    martlet_relu_columns(
                        product.pointer + group.column + number * width, product.columns, width, rows,
                        space.values[expert].pointer)
                    space.dropOut(space.values[expert], layer: expert, rows: rows)
                }
                guard !group.mixed.isEmpty else { continue }
                let gate = space.values[group.gate]
                let from = product.pointer + group.column + group.experts.count * width
                for row in 0..<rows {
                    (gate.pointer + row * gate.columns).update(
                        from: from + row * product.columns, count: gate.columns)
                }
                martlet_softmax_rows(gate.pointer, gate.columns, gate.columns, rows)
            }
            for group in groups where !group.mixed.isEmpty {
                let experts = group.mixed.map {
                    UnsafePointer(space.values[groups[$0.group].experts[$0.expert]].pointer) as UnsafePointer<Float>?
                }
                martlet_mix(
                    space.values[group.gate].pointer, group.mixed.count, experts, experts.count, width, rows,
                    space.values[group.output].pointer)
            }
        }
    }

    /// The way back from the slopes of the targets' outputs; writes those of the stem's output.
    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        for (level, groups) in levels.enumerated().reversed() {
            for group in groups {
                for expert in group.experts { space.slopes[expert].pointer.update(repeating: 0, count: rows * width) }
            }
            for group in groups where !group.mixed.isEmpty {
                let places = group.mixed.map { groups[$0.group].experts[$0.expert] }
                let experts = places.map { UnsafePointer(space.values[$0].pointer) as UnsafePointer<Float>? }
                let slopes = places.map { space.slopes[$0].pointer as UnsafeMutablePointer<Float>? }
                martlet_mix_backward(
                    space.values[group.gate].pointer, group.mixed.count, experts, experts.count, width, rows,
                    space.slopes[group.output].pointer, slopes, space.slopes[group.gate].pointer, group.mixed.count)
            }
            for (place, group) in groups.enumerated() {
                let product = group.layer == nil ? space.stemSlope : space.slopes[group.product]
                for (number, expert) in group.experts.enumerated() {
                    space.dropOut(space.slopes[expert], layer: expert, rows: rows)
                    martlet_relu_columns_backward(
                        space.slopes[expert].pointer, space.values[expert].pointer, width, rows,
                        product.pointer + group.column + number * width, product.columns)
                }
                let gate = space.slopes[group.gate]
                let to = product.pointer + group.column + group.experts.count * width
                for row in 0..<(group.mixed.isEmpty ? 0 : rows) {
                    (to + row * product.columns).update(from: gate.pointer + row * gate.columns, count: gate.columns)
                }
                guard let layer = group.layer else { continue }
                let input = levels[level - 1][place].output
                layer.backward(
                    parameters, x: space.values[input], y: space.values[group.product], dy: product,
                    dx: space.slopes[input], gradients: gradients, rows: 0..<rows)
            }
        }
    }
}
