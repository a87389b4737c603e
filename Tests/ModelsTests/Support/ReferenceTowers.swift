import Models
import Tensor

/// The readable reference of two towers and their loss, in double precision, one number at a time.
struct ReferenceTowers {
    var user: Tower
    var item: Tower
    var scale: Double
    var masks: Bool

    /// One tower's output for one row.
    func output(_ tower: Tower, _ parameters: [[Double]], _ input: TowerInput, _ row: Int) -> [Double] {
        var x = [Double](repeating: 0, count: tower.inputWidth)
        for (lookup, codes) in zip(tower.lookups, input.codes) {
            for column in 0..<lookup.width {
                x[lookup.column + column] += parameters[lookup.table][Int(codes[row]) * lookup.width + column]
            }
        }
        if let history = tower.history, let bags = input.history {
            for entry in Int(bags.offsets[row])..<Int(bags.offsets[row + 1]) {
                for column in 0..<history.width {
                    x[history.column + column] +=
                        Double(bags.weights[entry])
                        * parameters[history.table][Int(bags.ids[entry]) * history.width + column]
                }
            }
        }
        for number in 0..<tower.continuousCount {
            let value = Double(input.continuous[row * tower.continuousCount + number])
            if let projection = tower.projection {
                for column in x.indices { x[column] += value * parameters[projection][number * x.count + column] }
            } else {
                x[tower.continuousColumn + number] = value
            }
        }
        for layer in tower.layers {
            x = (0..<layer.output).map { column in
                let sum = (0..<layer.input).reduce(parameters[layer.bias][column]) {
                    $0 + x[$1] * parameters[layer.weight][$1 * layer.output + column]
                }
                return layer.isRectified ? max(0, sum) : sum
            }
        }
        guard tower.isNormalized else { return x }
        let length = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return x.map { $0 / length }
    }

    /// The loss of the batch.
    func loss(
        _ parameters: [[Double]], _ users: TowerInput, _ items: TowerInput, _ batch: InBatchSoftmax.Batch
    ) -> Double {
        let count = batch.items.count
        let u = (0..<count).map { output(user, parameters, users, $0) }
        let v = (0..<count).map { output(item, parameters, items, $0) }
        var sum = 0.0
        for row in 0..<count {
            let columns = (0..<count).filter { !masks || $0 == row || batch.items[$0] != batch.items[row] }
            let logits = columns.map { column in
                zip(u[row], v[column]).reduce(0) { $0 + $1.0 * $1.1 } * scale + Double(batch.offsets[column])
            }
            let largest = logits.max()!
            let total = logits.reduce(0) { $0 + Reference.exp($1 - largest) }
            let own = logits[columns.firstIndex(of: row)!]
            sum += Double(batch.weights[row]) * (largest + Reference.log(total) - own)
        }
        return sum / Double(count)
    }
}
