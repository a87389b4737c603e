import Core
import Evaluation
import Features
import Flow
import Models
import Tensor
import Warehouse

/// Brings together what the behaviour tests of the winner look at.
struct BehaviourEvidence {
    let project: ProjectConfiguration
    let judge: Judge
    let past: TrainingPast
    /// The winner, as it was judged, and its lists.
    let model: any RetrievalModel
    let name: String
    let lists: RankedLists

    private var data: InteractionDataset { judge.data }

    /// The winner's lists with all that is known of users and items.
    ///
    /// - Parameter champion: the name and the lists of the model to compare with.
    /// - Throws: `notFound` if `tests.price` names no column of the items table; what reading throws.
    func subject(champion: (name: String, lists: RankedLists)?) throws -> BehaviourSubject {
        guard let metric = RankingMetric(project.evaluation.select) else {
            throw MartletError(.invalidConfiguration, "'\(project.evaluation.select)' is no metric")
        }
        var subject = BehaviourSubject(
            model: name, lists: lists, truth: judge.truth, metric: metric, popularity: past.popularity,
            trainingUsers: data.users.trainedCount, histories: past.histories.distinct(rows: judge.users.map(Int.init)),
            excludesSeen: project.evaluation.excludesSeen)
        let prices = try project.tests.price.map(prices)
        let slices = EntitySlices(
            data: data, past: past, configuration: project.tests, start: data.split[judge.window].lowerBound)
        subject.isOneListForAll = model.kind == PopularityModel.kind
        subject.userSlices = try slices.users(judge.users)
        subject.itemSlices = try slices.items(prices: prices)
        subject.prices = prices
        subject.champion = champion
        subject.space = ItemSpace(histories: past.histories.distinct(rows: sampledUsers), seed: project.seed)
        subject.newcomers = try newcomers(k: metric.k)
        let (ids, users) = (data.users, judge.users)
        subject.userID = { ids.id(Int(users[$0])) }
        return subject
    }

    /// Enough users to say which items are bought together.
    private var sampledUsers: [Int] {
        Array(stride(from: 0, to: data.users.trainedCount, by: max(1, data.users.trainedCount / 20_000)))
    }

    /// What new users of the window get, and what they chose.
    private func newcomers(k: Int) throws -> (lists: RankedLists, truth: SparseRows)? {
        let histories = try data.history([judge.window])
        let new = (data.users.trainedCount..<data.users.count).filter { !histories.range($0).isEmpty }
        guard !new.isEmpty else { return nil }
        return (
            Bestsellers.lists(popularity: past.popularity, count: new.count, k: k, seen: nil),
            histories.distinct(rows: new)
        )
    }

    /// A column of the items table, item by item; NaN where there is none.
    private func prices(_ column: String) throws -> [Double] {
        var prices = [Double](repeating: .nan, count: data.items.count)
        guard let items = project.dataset.items else { return prices }
        let connection = try Warehouse(project.warehouse).connect()
        let path = items.table.split(separator: ".").map(String.init)
        let names = try connection.columns(of: path).names
        guard names.contains(where: { $0.lowercased() == column.lowercased() }) else {
            throw MartletError(
                .notFound, "'tests.price': table '\(items.table)' has no column '\(column)'",
                hint: nearest(to: column, among: names).map { "did you mean '\($0)'?" }
                    ?? "its columns are \(names.joined(separator: ", "))")
        }
        let dialect = connection.dialect
        let stream = try connection.query(
            "select \(dialect.quote(items.id)), cast(\(dialect.quote(column)) as double precision) "
                + "from \(dialect.quote(path))")
        while let batch = try stream.next() {
            for row in 0..<batch.rowCount {
                guard let id = batch.columns[0].text(row) ?? batch.columns[0].number(row).map({ "\(Int($0))" }),
                    let item = data.items.index(of: id), let price = batch.columns[1].number(row)
                else { continue }
                prices[item] = price
            }
        }
        return prices
    }

    /// What is known of how the winner was trained, chosen and judged.
    func facts(selection: JSONValue, evaluation: ModelEvaluation?, looks: Int?) throws -> ProtocolFacts {
        var facts = ProtocolFacts()
        let split = data.split[judge.window]
        facts.window = judge.window.rawValue
        facts.windowStart = split.lowerBound
        facts.lastFittedRow = past.last
        facts.chosenOn = Window.validation.rawValue
        facts.looks = looks
        for model in project.models { facts.candidates[model.name] = 0 }
        facts.repeatedRows = try repeatedRows(split.lowerBound)
        facts.columns = try columns(.user, data.users) + columns(.item, data.items)
        let roles = project.dataset.interactions
        facts.targetFeatures = data.workflow.features(.context).filter { feature in
            feature.source != nil && (feature.source == roles.weight || feature.source == roles.type)
        }.map(\.name)
        let metric = project.evaluation.select
        if let there = selection["models"]?[name]?["validation"]?.number, let here = evaluation?.metrics[metric] {
            facts.chosenBy = (metric, there, here)
        }
        return facts
    }

    /// Rows of the window's first day, and how many of them repeat a row of the day before.
    private func repeatedRows(_ start: Int64) throws -> (rows: Int, repeated: Int) {
        func key(_ rows: Interactions, _ row: Int) -> Int64 {
            Int64(rows.users.values[row]) << 32 | Int64(rows.items.values[row])
        }
        let before = try data.interactions(.train)
        var known: Set<Int64> = []
        var row = before.count - 1
        while row >= 0, before.times.values[row] >= start - 86_400 {
            known.insert(key(before, row))
            row -= 1
        }
        let window = try data.interactions(judge.window)
        let first = (0..<window.count).prefix { window.times.values[$0] < start + 86_400 }
        return (first.count, first.count { known.contains(key(window, $0)) })
    }

    /// The columns of a table that features are made of, and whether they know what has no past.
    private func columns(_ group: FeatureGroup, _ entities: Entities) throws -> [ProtocolFacts.EntityColumn] {
        guard let table = entities.features else { return [] }
        let cold = entities.trainedCount..<entities.count
        return try data.workflow.features(group).compactMap { feature in
            guard let source = feature.source, !feature.isList, ProtocolFacts.EntityColumn.saysFigure(source),
                !cold.isEmpty
            else { return nil }
            let column = try table.column(feature.name)
            let known = cold.count { column.number($0) ?? 0 != 0 }
            return ProtocolFacts.EntityColumn(
                name: "\(group.rawValue)s.\(source)", isFigure: true, knownOfCold: Double(known) / Double(cold.count),
                cold: cold.count)
        }
    }
}
