import Tensor

/// What the linter is told of how models were trained, chosen and judged. What nobody knows stays nil, and is not looked
/// at.
public struct ProtocolFacts: Sendable {
    /// A column of a table of users or items.
    public struct EntityColumn: Sendable {
        /// The column, such as `items.mean_price`.
        public var name: String
        /// Whether it is, by its name, a figure over interactions (a mean, a count, a rate).
        public var isFigure: Bool
        /// Of the items (users) that have no interaction before the window, the share for which it has a value.
        public var knownOfCold: Double
        /// How many such items (users) there are.
        public var cold: Int

        /// Describes a column.
        public init(name: String, isFigure: Bool, knownOfCold: Double, cold: Int) {
            self.name = name
            self.isFigure = isFigure
            self.knownOfCold = knownOfCold
            self.cold = cold
        }

        /// Whether a name says that its column is a figure over interactions.
        public static func saysFigure(_ name: String) -> Bool {
            let words = name.lowercased().split { !$0.isLetter }.map(String.init)
            let figures: Set<String> = [
                "mean", "avg", "average", "count", "sum", "total", "sold", "sales", "revenue", "orders", "purchases",
                "popularity", "ctr", "rate", "conversion", "rank", "views", "clicks", "last", "next", "future",
            ]
            return words.contains(where: figures.contains)
        }
    }

    /// The window that judges, such as `test`.
    public var window = "test"
    /// When the judged window begins, in seconds since 1970.
    public var windowStart: Int64?
    /// The moment of the last row that encoders were fitted on.
    public var lastFittedRow: Int64?
    /// The window that models were chosen by.
    public var chosenOn: String?
    /// How many different versions the same window has judged.
    public var looks: Int?
    /// How many sampled candidates each model had to rank, by name; 0 for all items.
    public var candidates: [String: Int] = [:]
    /// How many rows of the judged window there are, and how many repeat a row (same user, same item) of the day before
    /// it.
    public var repeatedRows: (rows: Int, repeated: Int)?
    /// Columns of users and items.
    public var columns: [EntityColumn] = []
    /// Features of the moment that are made of the column that says how much, or what kind of event, a row is.
    public var targetFeatures: [String] = []
    /// The metric by which the winner was chosen, on the window that chose and on the one that judges.
    public var chosenBy: (metric: String, there: Double, here: Interval)?
    /// Places of lists that changed when the judged rows were hidden, among how many that were looked at.
    public var hidden: (changed: [Int], looked: Int)?

    /// Makes an empty set of facts.
    public init() {}
}
