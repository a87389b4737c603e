import Core

/// Where interactions, users and items stand in their tables, and how time is split.
///
/// ```yaml
/// interactions: {table: interactions, user: customer_id, item: article_id, time: t_dat, weight: quantity}
/// users: {table: customers, id: customer_id}
/// items: {table: articles, id: article_id, title: prod_name, show: [product_type_name, colour_group_name]}
/// split: {validation: 28d, test: 28d}
/// ```
public struct DatasetConfiguration: Sendable {
    /// The interactions' columns.
    public struct InteractionColumns: Sendable {
        /// The name of the table in the warehouse.
        public var table: String
        /// The user's id.
        public var user: String
        /// The item's id.
        public var item: String
        /// When: a timestamp, a date, text by ISO 8601, or whole seconds since 1970.
        public var time: String
        /// How much a row counts; nil for 1.
        public var weight: String?
        /// What kind of event a row is (view, cart, purchase); nil if all are of one kind.
        public var type: String?
        /// How much each kind of event counts, multiplied with the weight; others count 1, those with 0 are left out.
        public var typeWeights: [String: Double]

        /// Names the columns.
        public init(
            table: String = "interactions", user: String, item: String, time: String, weight: String? = nil,
            type: String? = nil, typeWeights: [String: Double] = [:]
        ) {
            self.table = table
            self.user = user
            self.item = item
            self.time = time
            self.weight = weight
            self.type = type
            self.typeWeights = typeWeights
        }
    }

    /// The columns of a table of users or items.
    public struct EntityColumns: Sendable {
        /// The name of the table in the warehouse.
        public var table: String
        /// The id.
        public var id: String
        /// The text that names an item to people.
        public var title: String?
        /// More columns to show.
        public var show: [String]

        /// Names the columns.
        public init(table: String, id: String, title: String? = nil, show: [String] = []) {
            self.table = table
            self.id = id
            self.title = title
            self.show = show
        }
    }

    /// Where the validation or the test window begins.
    public enum Boundary: Sendable, Equatable {
        /// So many seconds before the next window, or before the end of the data.
        case length(Double)
        /// At this moment, in seconds since 1970.
        case date(Int64)
        /// There is no such window.
        case none
    }

    /// The interactions' columns.
    public var interactions: InteractionColumns
    /// The users' columns; nil if there is no such table.
    public var users: EntityColumns?
    /// The items' columns; nil if there is no such table.
    public var items: EntityColumns?
    /// Where validation begins.
    public var validation: Boundary
    /// Where the test begins.
    public var test: Boundary
    /// Users with fewer training interactions are not trained on.
    public var minimumUserInteractions: Int
    /// Items with fewer training interactions are not trained on.
    public var minimumItemInteractions: Int

    /// Makes a configuration; by default four weeks of validation before four weeks of test.
    public init(
        interactions: InteractionColumns, users: EntityColumns? = nil, items: EntityColumns? = nil,
        validation: Boundary = .length(28 * 86_400), test: Boundary = .length(28 * 86_400),
        minimumUserInteractions: Int = 1, minimumItemInteractions: Int = 1
    ) {
        self.interactions = interactions
        self.users = users
        self.items = items
        self.validation = validation
        self.test = test
        self.minimumUserInteractions = minimumUserInteractions
        self.minimumItemInteractions = minimumItemInteractions
    }

    /// The same with everything in the training window, for the last fit before publishing.
    public var withoutSplit: DatasetConfiguration {
        var configuration = self
        configuration.validation = .none
        configuration.test = .none
        return configuration
    }
}
