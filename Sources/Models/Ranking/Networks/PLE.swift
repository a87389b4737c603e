import Tensor

/// PLE: like MMoE, but every target has experts of its own beside the shared ones, on several levels, so that targets
/// that pull in different directions do not spoil each other's.
///
/// Source: Tang et al., "Progressive Layered Extraction (PLE): A Novel Multi-Task Learning (MTL) Model for Personalized
/// Recommendations" (2020).
package struct PLE: RankingNetwork {
    package static let kind = "ple"
    package static let defaults = NetworkSettings(
        dimension: 16, experts: 2, taskExperts: 2, levels: 2, expertWidth: 64, towerLayers: [32], precision: .float32)
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
            input: layout.width, targets: targets, own: settings.taskExperts!, shared: settings.experts!,
            width: settings.expertWidth!, levels: settings.levels!, precision: settings.precision ?? .float32,
            plan: &plan, to: &parameters)
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
