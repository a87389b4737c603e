import Models
import Tensor

/// The readable reference of the ranking networks, in double precision, one row and one number at a time.
struct ReferenceRanking {
    /// One row's inputs.
    struct Row: Sendable {
        var user: [Int32]
        var item: [Int32]
        var crosses: [Int32]
        var history: [(id: Int32, weight: Double)]
        var userNumbers: [Double]
        var itemNumbers: [Double]
        var pair: [Double]

        var numbers: [Double] { userNumbers + itemNumbers + pair }
    }

    let fields: RankingFields
    let settings: NetworkSettings
    /// Each matrix by name: its width and its numbers.
    var matrices: [String: (columns: Int, values: [Double])]

    init(_ fields: RankingFields, _ settings: NetworkSettings, _ parameters: Parameters, _ numbers: [[Double]]) {
        self.fields = fields
        self.settings = settings
        matrices = Dictionary(
            uniqueKeysWithValues: zip(parameters.entries, numbers).map { ($0.name, ($0.matrix.columns, $1)) })
    }

    /// The logits of a row under the architecture `kind`.
    func logits(_ kind: String, _ row: Row, targets: Int) -> [Double] {
        switch kind {
        case "logistic-regression": [dense("linear", row.numbers)[0] + weights(row)]
        case "fm": [factorization(row)]
        case "wide-deep": [weights(row) + mlp("deep", x(row))[0]]
        case "deepfm": [factorization(row) + mlp("deep", x(row))[0]]
        case "dlrm": [dlrm(row)]
        case "dcn-v2": [mlp("deep", cross(x(row)))[0]]
        case "neumf": [neuMF(row)]
        case "mmoe", "ple": experts(row, targets: targets)
        default: fatalError("no reference for \(kind)")
        }
    }

    // MARK: - Pieces

    private func row(_ name: String, _ index: Int32) -> [Double] {
        let matrix = matrices[name]!
        return Array(matrix.values[Int(index) * matrix.columns..<(Int(index) + 1) * matrix.columns])
    }

    private func pooled(_ name: String, _ history: [(id: Int32, weight: Double)]) -> [Double] {
        var sum = [Double](repeating: 0, count: matrices[name]!.columns)
        for entry in history { for (d, v) in row(name, entry.id).enumerated() { sum[d] += entry.weight * v } }
        return sum
    }

    private func embeddings(_ row: Row) -> [[Double]] {
        zip(fields.user, row.user).map { self.row("user.\($0.name)", $1) } + [pooled("item.id", row.history)]
            + zip(fields.item, row.item).map { self.row("item.\($0.name)", $1) }
    }

    private func x(_ row: Row) -> [Double] {
        row.userNumbers + embeddings(row).flatMap { $0 } + row.itemNumbers + row.pair
    }

    private func weights(_ row: Row) -> Double {
        var sum = pooled("linear.user.history", row.history)[0]
        for (field, code) in zip(fields.user, row.user) { sum += self.row("linear.user.\(field.name)", code)[0] }
        for (field, code) in zip(fields.item, row.item) { sum += self.row("linear.item.\(field.name)", code)[0] }
        for (cross, code) in zip(fields.crosses, row.crosses) {
            let name = "linear.cross.\(fields.user[cross.user].name)×\(fields.item[cross.item].name)"
            sum += self.row(name, code)[0]
        }
        return sum
    }

    private func dense(_ name: String, _ x: [Double], isRectified: Bool = false) -> [Double] {
        let (weight, bias) = (matrices[name + ".weight"]!, matrices[name + ".bias"]!)
        return (0..<weight.columns).map { column in
            let sum = x.indices.reduce(bias.values[column]) { $0 + x[$1] * weight.values[$1 * weight.columns + column] }
            return isRectified ? max(0, sum) : sum
        }
    }

    /// All layers `name.layer1`, `name.layer2`, …, rectified but for the last.
    private func mlp(_ name: String, _ x: [Double], isLastRectified: Bool = false) -> [Double] {
        var (x, number) = (x, 1)
        while matrices["\(name).layer\(number).weight"] != nil {
            let isLast = matrices["\(name).layer\(number + 1).weight"] == nil
            x = dense("\(name).layer\(number)", x, isRectified: isLastRectified || !isLast)
            number += 1
        }
        return x
    }

    private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    private func softmax(_ x: [Double]) -> [Double] {
        let powers = x.map { Reference.exp($0 - x.max()!) }
        return powers.map { $0 / powers.reduce(0, +) }
    }

    // MARK: - Architectures

    private func factorization(_ row: Row) -> Double {
        let numbers = row.numbers.enumerated().map { number, value in
            self.row("numbers.vectors", Int32(number)).map { $0 * value }
        }
        let vectors = embeddings(row) + numbers
        var sum = dense("linear", row.numbers)[0] + weights(row)
        for i in vectors.indices { for j in 0..<i { sum += dot(vectors[i], vectors[j]) } }
        return sum
    }

    private func dlrm(_ row: Row) -> Double {
        let bottom = mlp("bottom", row.numbers, isLastRectified: true)
        let vectors = [bottom] + embeddings(row)
        var joined = bottom
        for i in vectors.indices { for j in 0..<i { joined.append(dot(vectors[i], vectors[j])) } }
        return mlp("top", joined)[0]
    }

    private func cross(_ x0: [Double]) -> [Double] {
        var (x, number) = (x0, 1)
        while true {
            let product: [Double]
            if matrices["cross\(number).weight"] != nil {
                product = dense("cross\(number)", x)
            } else if matrices["cross\(number).v.weight"] != nil {
                product = dense("cross\(number).u", dense("cross\(number).v", x))
            } else {
                return x
            }
            x = x.indices.map { x0[$0] * product[$0] + x[$0] }
            number += 1
        }
    }

    private func neuMF(_ row: Row) -> Double {
        let product = zip(self.row("user.vector", row.user[0]), self.row("item.vector", row.item[0])).map { $0 * $1 }
        return dense("output", product + mlp("deep", x(row), isLastRectified: true))[0]
    }

    /// MMoE is one level of shared experts; PLE has experts of each target beside them, on several levels.
    private func experts(_ row: Row, targets: Int) -> [Double] {
        let (own, shared, width) = (settings.taskExperts ?? 0, settings.experts!, settings.expertWidth!)
        let levels = settings.levels ?? 1
        var inputs = [[Double]](repeating: x(row), count: targets + 1)
        for level in 1...levels {
            // The first level's products lie side by side: those of each target, then the shared ones.
            var left = level == 1 ? dense("level1", inputs[0])[...] : []
            var outputs: [[[Double]]] = []
            var gates: [[Double]] = []
            for group in 0...targets {
                let count = group == targets ? shared : own
                let gate = group < targets ? own + shared : level < levels ? targets * own + shared : 0
                let name = group == targets ? "level\(level).shared" : "level\(level).target\(group + 1)"
                let product = level == 1 ? Array(left.prefix(count * width + gate)) : dense(name, inputs[group])
                left = left.dropFirst(count * width + gate)
                outputs.append(
                    (0..<count).map { e in product[e * width..<(e + 1) * width].map { max(0, $0) } })
                gates.append(gate == 0 ? [] : softmax(Array(product.suffix(gate))))
            }
            for group in 0...targets where !gates[group].isEmpty {
                let mixed = group < targets ? outputs[group] + outputs[targets] : outputs.flatMap { $0 }
                inputs[group] = (0..<width).map { d in
                    zip(gates[group], mixed).reduce(0) { $0 + $1.0 * $1.1[d] }
                }
            }
        }
        return (0..<targets).map { mlp("tower\($0 + 1)", inputs[$0])[0] }
    }
}
