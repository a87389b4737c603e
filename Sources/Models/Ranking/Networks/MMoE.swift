import Tensor

/// MMoE: experts that all targets share, which each target mixes by its own gate and turns into a logit by its own
/// tower.
///
/// z_t = MLP_t(Σ_e softmax(x · G_t)_e · ReLU(x · W_e + b_e))
///
/// Source: Ma et al., "Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts" (2018).
package struct MMoE: RankingNetwork {
    package static let kind = "mmoe"
    package static let defaults = NetworkSettings(
        dimension: 16, experts: 4, expertWidth: 64, towerLayers: [32], precision: .float32)
    package static let hasTargets = true

    package let layout: RankingLayout
    package var stem: DenseLayer? { experts.stem }
    package let readsInput = false
    package let plan: WorkspacePlan
    let experts: ExpertLevels
    let towers: TargetTowers

    package init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters) {
        layout = RankingLayout(fields, dimension: settings.dimension!, to: &parameters)
        var plan = WorkspacePlan()
        experts = ExpertLevels(
            input: layout.width, targets: targets, own: 0, shared: settings.experts!, width: settings.expertWidth!,
            levels: 1, precision: settings.precision ?? .float32, plan: &plan, to: &parameters)
        towers = TargetTowers(
            targets: targets, input: settings.expertWidth!, widths: settings.towerLayers!,
            precision: settings.precision ?? .float32, plan: &plan,
            to: &parameters)
        self.plan = plan
    }

    package func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int) {
        experts.forward(parameters, space, rows: rows)
        towers.forward(parameters, space, inputs: experts.output, rows: rows)
    }

    package func backward(
        _ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int
    ) {
        towers.backward(parameters, space, inputs: experts.output, gradients: gradients, rows: rows)
        experts.backward(parameters, space, gradients: gradients, rows: rows)
    }
}
