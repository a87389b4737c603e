import Features
import Tensor

extension TwoTowerModel: ONNXExamples {
    /// What the towers are fed with for users and items, and their vectors.
    package func examples(
        users: [Int32], items: [Int32], at: Int64, data: InteractionDataset
    ) throws -> [String: ONNXExample] {
        guard let shape, let network else { throw notFitted(Self.kind) }
        let userInputs = try EntityInputs(
            data.users, kind: "user", hasID: settings.usesUserID, features: shape.userFeatures,
            numbers: shape.userNumbers)
        let itemInputs = try EntityInputs(
            data.items, kind: "item", hasID: true, features: shape.itemFeatures, numbers: shape.itemNumbers)
        let moment = try ContextCodes(shape.contextFeatures, at: at, data: data).codes
        var bags: TowerInput.Bags?
        if network.userTower.history != nil {
            let histories = try UserHistories(data, windows: shape.dataset.windows)
            let maker = HistoryBags(
                length: settings.historyLength, decay: TimeDecay(halfLife: settings.historyHalfLife),
                unknown: itemInputs.unknown)
            var made = TowerInput.Bags()
            for user in users { maker.append(histories.entries(of: user), of: histories, at: at, to: &made) }
            bags = made
        }
        let user = userInputs.input(
            users, context: moment.map { [Int32](repeating: $0, count: users.count) }, history: bags)
        let item = itemInputs.input(items)
        func example(_ tower: Tower, _ name: String, _ input: TowerInput, _ vectors: Matrix) -> ONNXExample {
            var tensors = zip(tower.lookups, input.codes).map {
                StoredTensor("\(name).\($0.name)", shape: [input.rows], .int64($1.map(Int64.init)))
            }
            if let bags = input.history { tensors += bags.padded(unknown: itemInputs.unknown) }
            if !input.continuous.isEmpty {
                let width = input.continuous.count / input.rows
                tensors.append(
                    StoredTensor("\(name).numbers", shape: [input.rows, width], .float(input.continuous)))
            }
            let output = StoredTensor("vector", shape: [vectors.rows, vectors.columns], .float(Array(vectors.values)))
            return ONNXExample(inputs: tensors, outputs: [output])
        }
        let all = try itemVectors(data)
        let vectors = Matrix(rows: items.count, columns: all.columns)
        for (row, item) in items.enumerated() { _ = vectors.row(row).update(fromContentsOf: all.row(Int(item))) }
        let request = RecommendationRequest(users: users, k: 1, at: at)
        return [
            "query-tower": example(network.userTower, "user", user, try userVectors(request, data: data)),
            "item-tower": example(network.itemTower, "item", item, vectors),
        ]
    }
}
