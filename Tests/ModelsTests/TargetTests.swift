import Core
import Features
import Models
import Testing

/// Several targets: what is learned from kinds of events, and from purchases alone.
@Suite struct TargetTests {
    /// A dataset of rows (user, item, day, kind), the days counted from the beginning of the validation window; where
    /// `hasKinds` is false no column says the kind.
    private static func build(
        _ rows: [(user: String, item: String, day: Double, kind: String)], hasKinds: Bool
    ) throws -> InteractionDataset {
        let start: Int64 = 1_600_000_000
        let table = try Table([
            ("user", Column(strings: rows.map(\.user))), ("item", Column(strings: rows.map(\.item))),
            ("time", Column(timestamps: rows.map { (start + Int64($0.day * 86_400)) * 1_000_000 })),
            ("kind", Column(strings: rows.map(\.kind))),
        ])
        let configuration = DatasetConfiguration(
            interactions: .init(
                user: "user", item: "item", time: "time", type: hasKinds ? "kind" : nil,
                typeWeights: hasKinds ? ["view": 0.1, "cart": 0.5, "bot": 0] : [:]),
            validation: .date(start), test: .none)
        var project = ConfigurationFields(
            try ConfigurationNode(yaml: "features: {}", file: "martlet.yml"), diagnostics: Diagnostics())
        return try InteractionDatasetBuilder(configuration: configuration, workflow: Workflow(&project)).build(
            users: nil, items: nil, interactions: { TableSequence(schema: table.schema, [table]) },
            to: temporaryFolder() + "/dataset")
    }

    private static let before = ["a", "b"].flatMap { user in
        ["x", "y", "z"].map { (user: user, item: $0, day: -3.0, kind: "view") }
    }

    private func positives(_ data: InteractionDataset) throws -> [String: Int] {
        var trained = try ModelRegistry.make(
            kind: "mmoe",
            hyperparameters: ["epochs": 1, "dimension": 4, "experts": 2, "expert-width": 4, "tower-layers": []])
        _ = try trained.fit(data, options: TrainingOptions(threads: 1))
        let model = try #require(trained as? any ProbabilityModel)
        return try model.sample(.validation, seed: 1, data: data).labels.mapValues { $0.count { $0 } }
    }

    @Test func eventsAreKeptWithTheirKindWeakestFirst() throws {
        let data = try Self.build(
            Self.before + [("a", "x", 1, "purchase"), ("a", "x", 2, "cart"), ("b", "x", 3, "bot")], hasKinds: true)
        #expect(data.eventTypes == ["view", "cart", "purchase"])
        #expect(try data.interactions(.train).events?.array == [0, 0, 0, 0, 0, 0])
        let validation = try data.interactions(.validation)
        // The kind that counts nothing is left out.
        #expect(validation.events?.array == [2, 1] && validation.weights.array == [1, 0.5])
        #expect(data.contextColumns.isEmpty)
        let untold = try Self.build(Self.before + [("a", "x", 1, "purchase")], hasKinds: false)
        #expect(try untold.interactions(.train).events == nil)
    }

    @Test func aRowReachesWhatItLedTo() throws {
        let rows: [(user: String, item: String, day: Double, kind: String)] = [
            // A view that led to a purchase, and the purchase, which implies the rest.
            ("a", "x", 1, "view"), ("a", "x", 2, "purchase"),
            // A view alone, a cart alone.
            ("a", "y", 1, "view"), ("b", "x", 1, "cart"),
            // The purchase comes after the horizon of 30 days.
            ("b", "y", 1, "view"), ("b", "y", 45, "purchase"),
        ]
        let data = try Self.build(Self.before + rows, hasKinds: true)
        #expect(try positives(data) == ["view": 6, "cart": 4, "purchase": 3])
    }

    @Test func purchasesAloneAreFollowedByRepeats() throws {
        let rows: [(user: String, item: String, day: Double, kind: String)] = [
            ("a", "x", 1, "view"), ("a", "x", 5, "view"), ("a", "x", 50, "view"), ("b", "y", 2, "view"),
        ]
        let data = try Self.build(Self.before + rows, hasKinds: false)
        #expect(try positives(data) == ["purchase": 4, "repeat": 1])
    }

    @Test func aTargetThatThereIsNotIsNamed() throws {
        let data = try Self.build(Self.before + [("a", "x", 1, "purchase")], hasKinds: true)
        var model = try ModelRegistry.make(kind: "ple", hyperparameters: ["targets": ["view", "purchese"]])
        #expect { try model.fit(data, options: TrainingOptions()) } throws: { error in
            (error as? MartletError)?.hint == "did you mean 'purchase'?"
        }
        #expect(throws: MartletError.self) {
            try ModelRegistry.make(kind: "ple", hyperparameters: ["targets": ["a"], "target-weights": ["b": 2]])
        }
    }
}
