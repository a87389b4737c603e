import Core
import Features
import Tensor

extension RankingModel: ONNXExamples {
    /// What the graph is fed with for pairs `(users[i], items[i])` at a moment, and what it must answer.
    package func examples(
        users: [Int32], items: [Int32], at: Int64, data: InteractionDataset
    ) throws -> [String: ONNXExample] {
        guard let trained else { throw notFitted(Self.kind) }
        let inputs = try RankingInputs(trained.shape.inputs, settings, data)
        let (fields, count) = (inputs.fields, users.count)
        let user = EncodedRows(fields: fields.user.count, numbers: fields.userNumbers, capacity: count)
        let item = EncodedRows(fields: fields.item.count, numbers: fields.itemNumbers, capacity: count)
        let moment = try ContextCodes(trained.shape.inputs.contextFeatures, at: at, data: data).codes
        let histories = try UserHistories(data, windows: trained.shape.inputs.dataset.windows)
        var bags = TowerInput.Bags()
        var pairs: [Float] = []
        for row in 0..<count {
            inputs.encode(user: users[row], isDropped: false, to: user, at: row) { moment[$0] }
            inputs.encode(item: items[row], isDropped: false, to: item, at: row)
            inputs.bags.append(histories.entries(of: users[row]), of: histories, at: at, to: &bags)
            let times = items[row] < inputs.items.unknown ? bags.count(of: items[row], row: row) : 0
            let numbers = PairNumbers.numbers(count: times)
            pairs += [numbers.0, numbers.1]
        }
        var tensors =
            (fields.user.enumerated().map { ("user.\($1.name)", user.array($0, count: count)) }
            + fields.item.enumerated().map { ("item.\($1.name)", item.array($0, count: count)) })
            .map { StoredTensor($0.0, shape: [count], .int64($0.1.map(Int64.init))) }
        if fields.history != nil { tensors += bags.padded(unknown: inputs.items.unknown) }
        for (name, numbers) in [
            ("user", Array(user.numbers.values)), ("item", Array(item.numbers.values)),
            ("pair", fields.pairNumbers > 0 ? pairs : []),
        ] where !numbers.isEmpty {
            tensors.append(
                StoredTensor("\(name).numbers", shape: [count, numbers.count / count], .float(numbers)))
        }
        let scorer = try RankingScorer(
            trained.network, trained.parameters, settings, trained.shape, data, inputs: inputs,
            correction: trained.correction, threads: nil)
        let logits = try scorer.logits(users: users, items: items, at: at, histories: histories, threads: nil)
        let probabilities = try probabilities(users: users, items: items, at: at, sampling: false, data: data)
        let scores = items.enumerated().map { scorer.score(logits.pointer + $0 * logits.columns, item: $1) }
        return [
            "ranker": ONNXExample(
                inputs: tensors,
                outputs: [
                    StoredTensor("logits", shape: [count, logits.columns], .float(Array(logits.values))),
                    StoredTensor("probabilities", shape: [count, logits.columns], .float(Array(probabilities.values))),
                    StoredTensor("score", shape: [count, 1], .float(scores)),
                ])
        ]
    }
}
