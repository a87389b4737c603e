import Core
import Evaluation
import Features
import Tensor

/// Slices of users and items by what a dataset knows of them.
struct EntitySlices {
    let data: InteractionDataset
    let past: TrainingPast
    let configuration: BehaviourConfiguration
    /// When the judged window begins.
    let start: Int64

    /// Features of few categories that are sliced by if the project names none.
    private static let automatic = (columns: 6, categories: 64)

    /// Slices of `users`: by activity, by tenure, and by features.
    func users(_ users: [Int32]) throws -> [Slicing] {
        let activity = users.map { Double(past.histories.range(Int($0)).count) }
        let tenure = users.map { user in past.firstOfUser[Int(user)].map(days) ?? .nan }
        return [
            .quantiles("interactions in training", of: activity), .quantiles("days since the first", of: tenure),
        ] + (try features(.user, configuration.userSlices) { codes in users.map { codes[Int($0)] } })
    }

    /// Slices of all items: by popularity, by age, by price, and by features.
    func items(prices: [Double]?) throws -> [Slicing] {
        let age = past.firstOfItem.map { $0.map(days) ?? .nan }
        return [.decades("users in training", of: past.popularity), .quantiles("days since the first sale", of: age)]
            + (prices.map { [.quantiles("price", of: $0)] } ?? [])
            + (try features(.item, configuration.itemSlices) { $0 })
    }

    private func days(_ moment: Int64) -> Double { (Double(start - moment) / 86_400).rounded(.down) }

    private func features(
        _ group: FeatureGroup, _ named: [String]?, _ pick: ([Int32]) -> [Int32]
    ) throws -> [Slicing] {
        guard let table = group == .user ? data.users.features : data.items.features else { return [] }
        let categorical = table.schema.columns.filter { $0.tags.contains(.categorical) && !$0.isList }
        let chosen =
            named.map { names in categorical.filter { names.contains($0.name) } }
            ?? Array(
                categorical.filter { $0.cardinality ?? .max <= Self.automatic.categories }
                    .prefix(Self.automatic.columns))
        return try chosen.compactMap { column in
            guard case .int32(let codes) = try table.column(column.name).values else { return nil }
            let feature = data.workflow.features(group).first { $0.name == column.name }
            let vocabulary = feature?.operators.lazy.compactMap { $0 as? Categorify }.last?.vocabulary
            // A bucket is known by its number; numbers without a vocabulary by themselves.
            return .categories(column.name, codes: pick(codes.array)) { code in
                vocabulary.map { $0.category(code) } ?? "\(code)"
            }
        }
    }
}
