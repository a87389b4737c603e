import Core
import Features

/// What the stages need to know of each item.
struct ItemTable: Sendable {
    /// How much each was bought, and how much lately.
    let popularity: Buffer<Float>
    let trend: Buffer<Float>
    /// Since when each is there, in seconds since 1970; `Int64.max` where nobody knows.
    let appeared: Buffer<Int64>
    /// Whether each may be recommended at all.
    let isAllowed: Buffer<UInt8>
    /// The names of the categories.
    let categories: [String]
    /// Each item's place in ``categories``; −1: it has none.
    let category: [Int32]
    /// What is shown of each item: an object as JSON text.
    private let show: Column
    /// The allowed items, the best selling of late first, those of all times, and the newest first.
    let byTrend: [Int32]
    let byPopularity: [Int32]
    let byAge: [Int32]
    /// Whether each item may be recommended; nil: all may.
    let allowedMask: ItemMask?

    static let schema = Schema([
        ColumnSchema("popularity", .float32), ColumnSchema("trend", .float32), ColumnSchema("appeared", .int64),
        ColumnSchema("allowed", .bool), ColumnSchema("category", .string), ColumnSchema("show", .string),
    ])

    var count: Int { popularity.count }

    /// Opens the table at `path`.
    ///
    /// - Throws: `corrupted` if it is of another form.
    init(_ path: String, count: Int) throws {
        let dataset = try Dataset.open(path)
        guard dataset.rowCount == count, case .float32(let popularity) = try dataset.column("popularity").values,
            case .float32(let trend) = try dataset.column("trend").values,
            case .int64(let appeared) = try dataset.column("appeared").values,
            case .bool(let allowed) = try dataset.column("allowed").values
        else {
            throw MartletError(
                .corrupted, "\(path) does not describe the \(count) items of the catalogue",
                hint: "publish again: martlet publish")
        }
        self.popularity = popularity
        self.trend = trend
        self.appeared = appeared
        isAllowed = allowed
        show = try dataset.column("show")
        let texts = try dataset.column("category")
        var places: [String: Int32] = [:]
        var names: [String] = []
        category = (0..<count).map { item in
            guard let text = texts.text(item) else { return -1 }
            if let place = places[text] { return place }
            let place = Int32(names.count)
            names.append(text)
            places[text] = place
            return place
        }
        categories = names
        let sellable = (0..<Int32(count)).filter { allowed[Int($0)] != 0 }
        allowedMask = sellable.count < count ? ItemMask(count: count) { allowed[$0] != 0 } : nil
        byTrend = sellable.filter { popularity[Int($0)] > 0 }
            .sorted { (trend[Int($1)], popularity[Int($1)], $0) < (trend[Int($0)], popularity[Int($0)], $1) }
        byPopularity = sellable.filter { popularity[Int($0)] > 0 }
            .sorted { (popularity[Int($1)], $0) < (popularity[Int($0)], $1) }
        byAge = sellable.filter { appeared[Int($0)] != .max }
            .sorted { (appeared[Int($1)], trend[Int($1)], $0) < (appeared[Int($0)], trend[Int($0)], $1) }
    }

    /// Whether an item appeared at a moment or after it.
    func isNew(_ item: Int32, since: Int64) -> Bool {
        let moment = appeared[Int(item)]
        return moment != .max && moment >= since
    }

    /// The place of a category's name; nil if no item has it.
    func place(ofCategory name: String) -> Int32? { categories.firstIndex(of: name).map(Int32.init) }

    /// The name of an item's category; nil if it has none.
    func categoryName(_ item: Int32) -> String? {
        let place = category[Int(item)]
        return place < 0 ? nil : categories[Int(place)]
    }

    /// What is shown of an item: an object as JSON text, such as `{"title":"Strap top"}`.
    func showText(_ item: Int32) -> String { show.text(Int(item)) ?? "{}" }
}
