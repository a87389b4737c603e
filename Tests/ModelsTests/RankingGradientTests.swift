import Core
import Models
import Tensor
import Testing

/// Ranking networks, forward and backward, against finite differences of a double-precision reference.
@Suite struct RankingGradientTests {
    /// A network to check.
    struct Subject: Sendable, CustomTestStringConvertible {
        var network: any RankingNetwork.Type
        var settings: NetworkSettings
        var targets = 1
        var name = ""
        var testDescription: String { network.kind + name }
    }

    static let subjects = [
        Subject(network: LogisticRegression.self, settings: NetworkSettings(crosses: true)),
        Subject(network: FactorizationMachine.self, settings: NetworkSettings(dimension: 3)),
        Subject(network: WideDeep.self, settings: NetworkSettings(dimension: 3, layers: [6, 4], crosses: true)),
        Subject(network: DeepFM.self, settings: NetworkSettings(dimension: 3, layers: [6, 4])),
        Subject(
            network: DLRM.self, settings: NetworkSettings(dimension: 3, layers: [7, 4], bottomLayers: [5])),
        Subject(
            network: DLRM.self, settings: NetworkSettings(dimension: 16, layers: [4], bottomLayers: []), name: " wide"),
        Subject(
            network: DCNv2.self, settings: NetworkSettings(dimension: 3, layers: [6], crossLayers: 3, crossRank: 0)),
        Subject(
            network: DCNv2.self, settings: NetworkSettings(dimension: 3, layers: [6], crossLayers: 2, crossRank: 2),
            name: " of low rank"),
        Subject(network: NeuMF.self, settings: NetworkSettings(dimension: 3, layers: [6, 4])),
        Subject(network: NeuMF.self, settings: NetworkSettings(dimension: 3, layers: [5]), name: " with one layer"),
        Subject(
            network: MMoE.self,
            settings: NetworkSettings(dimension: 3, experts: 3, expertWidth: 4, towerLayers: [3]), targets: 2),
        Subject(
            network: PLE.self,
            settings: NetworkSettings(
                dimension: 3, experts: 1, taskExperts: 2, levels: 2, expertWidth: 4, towerLayers: []), targets: 2),
    ]

    static let fields = RankingFields(
        user: [.init("id", cardinality: 5), .init("region", cardinality: 3)],
        item: [.init("id", cardinality: 6), .init("kind", cardinality: 4)],
        crosses: [.init(user: 0, item: 1, rows: 20), .init(user: 1, item: 1, rows: 5)], history: 6, userNumbers: 2,
        itemNumbers: 1, pairNumbers: 2)

    /// Two groups and one more, as a worker gets them.
    static let groups = 3

    private static func fill(_ piece: RankingPiece, targets: Int, rowsPerGroup: Int) -> [ReferenceRanking.Row] {
        var random = RandomSource(seed: 8)
        piece.groups = groups
        piece.bags = TowerInput.Bags(
            offsets: [0, 2, 2, 5], ids: [1, 5, 0, 0, 3], weights: [0.25, 0.75, 0.5, 0.25, 0.25], totals: [2, 0, 1.5])
        var rows: [ReferenceRanking.Row] = []
        for group in 0..<groups {
            let user = [Int32(random.index(below: 5)), Int32(random.index(below: 3))]
            for (field, code) in user.enumerated() { piece.users.codes[field][group] = code }
            let numbers = [Float(random.normal()), Float(random.normal())]
            for number in 0..<2 { piece.users.numbers[group, number] = numbers[number] }
            for place in 0..<rowsPerGroup {
                let row = group * rowsPerGroup + place
                let item = [Int32(random.index(below: 6)), Int32(random.index(below: 4))]
                for (field, code) in item.enumerated() { piece.items.codes[field][row] = code }
                piece.items.numbers[row, 0] = Float(random.normal())
                let crosses = fields.crosses.map { fields.row($0, user[$0.user], item[$0.item]) }
                for (cross, code) in crosses.enumerated() { piece.crosses.codes[cross][row] = code }
                for target in 0..<targets {
                    piece.labels[row, target] = (row + target) % 3 == 0 ? 1 : 0
                    piece.weights[row, target] = 0.1 + Float(random.uniform())
                }
                rows.append(
                    .init(
                        user: user, item: item, crosses: crosses,
                        history: (Int(piece.bags.offsets[group])..<Int(piece.bags.offsets[group + 1])).map {
                            (piece.bags.ids[$0], Double(piece.bags.weights[$0]))
                        }, userNumbers: numbers.map(Double.init), itemNumbers: [Double(piece.items.numbers[row, 0])],
                        pair: Self.pair(row).map(Double.init)))
            }
        }
        return rows
    }

    private static func pair(_ row: Int) -> [Float] { row % 4 == 1 ? [1, 0.5 + Float(row) / 8] : [0, 0] }

    @Test(arguments: subjects, [3, 1]) func gradientsAreThoseOfFiniteDifferences(
        _ subject: Subject, rowsPerGroup: Int
    ) {
        func check(_ type: (some RankingNetwork).Type) { Self.check(type, subject, rowsPerGroup: rowsPerGroup) }
        check(subject.network)
    }

    private static func check<Network: RankingNetwork>(
        _ type: Network.Type, _ subject: Subject, rowsPerGroup: Int
    ) {
        var parameters = Parameters()
        let network = Network(subject.settings, fields: fields, targets: subject.targets, to: &parameters)
        var random = RandomSource(seed: 3)
        for place in parameters.entries.indices { parameters.drawNormal(place, deviation: 0.5, from: &random) }
        let piece = RankingPiece(
            network, groups: groups, negatives: rowsPerGroup - 1, targets: subject.targets, blockGroups: 2)
        let rows = fill(piece, targets: subject.targets, rowsPerGroup: rowsPerGroup)
        let dense = DenseGradients(parameters)
        for range in [0..<2, 2..<3] {
            piece.run(
                network, parameters, gradients: dense, range: range, rowsPerGroup: rowsPerGroup,
                firstRow: range.lowerBound * rowsPerGroup, dropout: nil
            ) { row, x in (x[0], x[1]) = (pair(row)[0], pair(row)[1]) }
        }
        var gradients = parameters.entries.enumerated().map { place, entry in
            entry.isTable
                ? [Double](repeating: 0, count: entry.matrix.values.count) : dense[place].values.map(Double.init)
        }
        for use in piece.uses(network.layout, rowsPerGroup: rowsPerGroup) {
            for row in 0..<(use.offsets.map { $0.count - 1 } ?? use.ids.count) {
                for entry in use.offsets.map({ Int($0[row])..<Int($0[row + 1]) }) ?? row..<row + 1 {
                    for column in 0..<use.width {
                        gradients[use.table][Int(use.ids[entry]) * use.width + column] +=
                            Double(use.weights?[entry] ?? 1) * Double(use.gradient[row, use.column + column])
                    }
                }
            }
        }
        var numbers = parameters.entries.map { $0.matrix.values.map(Double.init) }
        func loss() -> Double {
            let reference = ReferenceRanking(fields, subject.settings, parameters, numbers)
            return rows.enumerated().reduce(0.0) { sum, row in
                let logits = reference.logits(Network.kind, row.element, targets: subject.targets)
                return sum
                    + logits.enumerated().reduce(0.0) { sum, logit in
                        let sign = piece.labels[row.offset, logit.offset] > 0 ? -1.0 : 1
                        return sum + Double(piece.weights[row.offset, logit.offset])
                            * Reference.log(1 + Reference.exp(sign * logit.element))
                    }
            }
        }
        #expect(abs(piece.loss - loss()) < 1e-5 * max(1, loss()))
        let step = 1e-5
        for place in numbers.indices {
            for index in numbers[place].indices {
                let value = numbers[place][index]
                numbers[place][index] = value + step
                let above = loss()
                numbers[place][index] = value - step
                let below = loss()
                numbers[place][index] = value
                let expected = (above - below) / (2 * step)
                let found = gradients[place][index]
                #expect(
                    abs(found - expected) < 5e-5 + 1e-3 * abs(expected),
                    "\(parameters.entries[place].name)[\(index)]: \(found), expected \(expected)")
            }
        }
    }
}
