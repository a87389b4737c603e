import Core
import Synchronization
import Tensor

/// Interactions, users and items by index, split by time: what every model is trained on and judged by.
///
/// On disk a folder of ``Dataset`` folders (`users`, `items`, `train`, `validation`, `test`, and `catalogue` with the
/// items' texts to show), the fitted ``Workflow`` (`workflow.json`) and `schema.json`.
public struct InteractionDataset: Sendable {
    /// The folder.
    public let path: String
    /// The users.
    public let users: Entities
    /// The items.
    public let items: Entities
    /// Where the windows begin and end.
    public let split: SplitTimes
    /// The fitted workflow that made the features.
    public let workflow: Workflow
    /// The items' texts to show, row `i` for item `i`, as the shop wrote them; nil if none were named.
    public let catalogue: Dataset?
    /// The column of ``catalogue`` that names an item; nil if none was named.
    public let title: String?
    /// The kinds of events that rows are of (view, cart, purchase), those that count least first; empty where the
    /// project names no column that says the kind.
    public let eventTypes: [String]
    /// What the build found worth telling: empty windows, rows left out.
    public let notes: [String]
    private let windows: [Window: Dataset]

    /// The names of the columns that are always there in a window; others are context features.
    static let baseColumns = ["user", "item", "time", "weight", eventColumn]
    /// The column with the place of each row's kind of event in ``eventTypes``; absent where all are of one kind.
    static let eventColumn = "event-type"

    /// Opens the dataset in the folder `path`.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if its files don't hold what they promise.
    public static func open(_ path: String) throws -> InteractionDataset {
        let manifest = try InteractionDatasetManifest.read(path)
        func entities(_ folder: String, count: Int, trained: Int) throws -> Entities {
            let dataset = try Dataset.open("\(path)/\(folder)")
            guard dataset.rowCount == count, 0...count ~= trained else {
                throw MartletError(
                    .corrupted, "\(path)/\(folder) has \(dataset.rowCount) rows, expected \(count)",
                    hint: "build the dataset again")
            }
            let ids = try EntityIDs(dataset.column("id"))
            return Entities(
                count: count, trainedCount: trained, ids: ids,
                features: dataset.schema.columns.count > 1 ? dataset : nil)
        }
        var windows: [Window: Dataset] = [:]
        for window in Window.allCases {
            let dataset = try Dataset.open("\(path)/\(window.rawValue)")
            guard dataset.rowCount == manifest.rows[window.rawValue] else {
                throw MartletError(
                    .corrupted, "\(dataset.path) has \(dataset.rowCount) rows, \(path) expects others",
                    hint: "build the dataset again")
            }
            windows[window] = dataset
        }
        return InteractionDataset(
            path: path, users: try entities("users", count: manifest.users, trained: manifest.trainedUsers),
            items: try entities("items", count: manifest.items, trained: manifest.trainedItems),
            split: manifest.split, workflow: try Workflow.load(from: path),
            catalogue: manifest.hasCatalogue ? try Dataset.open("\(path)/catalogue") : nil, title: manifest.title,
            eventTypes: manifest.eventTypes ?? [], notes: manifest.notes, windows: windows)
    }

    /// How many rows a window has.
    public func rowCount(_ window: Window) -> Int { windows[window]?.rowCount ?? 0 }

    /// The encoded features of the moment: columns of ``Interactions/context``.
    public var contextColumns: [ColumnSchema] {
        windows[.train]?.schema.columns.filter { !Self.baseColumns.contains($0.name) } ?? []
    }

    /// The rows of a window, memory-mapped; users and items of the training window are trained ones.
    ///
    /// - Throws: `corrupted` if the files don't hold what they promise.
    /// - Complexity: O(rows) to check the indices once, at the memory's speed.
    public func interactions(_ window: Window) throws -> Interactions {
        guard let dataset = windows[window],
            case .int32(let users) = try dataset.column("user").values,
            case .int32(let items) = try dataset.column("item").values,
            case .int64(let times) = try dataset.column("time").values,
            case .float32(let weights) = try dataset.column("weight").values
        else {
            throw MartletError(
                .corrupted, "\(path)/\(window.rawValue) has columns of other types", hint: "build the dataset again")
        }
        let (userLimit, itemLimit) =
            window == .train ? (self.users.trainedCount, self.items.trainedCount) : (self.users.count, self.items.count)
        guard Self.lie(users, below: userLimit), Self.lie(items, below: itemLimit) else {
            throw MartletError(
                .corrupted, "\(path)/\(window.rawValue) names users or items that there are not",
                hint: "build the dataset again")
        }
        var events: Buffer<Int32>?
        if !eventTypes.isEmpty {
            guard case .int32(let codes) = try dataset.column(Self.eventColumn).values,
                codes.values.allSatisfy({ -1..<Int32(eventTypes.count) ~= $0 })
            else {
                throw MartletError(
                    .corrupted, "\(path)/\(window.rawValue) has events of kinds that there are not",
                    hint: "build the dataset again")
            }
            events = codes
        }
        return Interactions(
            users: users, items: items, times: times, weights: weights, events: events, context: dataset)
    }

    /// The items of each user in time order, over the rows of `windows`: `U × items`, all values 1.
    ///
    /// Rows are counted and placed by user (a stable counting sort), each thread taking a range of users, so that the
    /// result does not depend on the number of threads.
    ///
    /// - Throws: `corrupted` if the files don't hold what they promise.
    /// - Complexity: O(rows × threads + users)
    public func history(_ windows: [Window] = [.train]) throws -> SparseRows {
        let parts = try Window.allCases.filter(windows.contains).map(interactions)
        return UserHistories.collect(parts, users: users.count, items: items.count)
    }

    private static func lie(_ indices: Buffer<Int32>, below limit: Int) -> Bool {
        let largest = Mutex<UInt32>(0)
        parallelFor(indices.count, grain: 1 << 20) { range, _ in
            var found: UInt32 = 0
            for index in UnsafeBufferPointer(rebasing: indices.values[range]) {
                found = max(found, UInt32(bitPattern: index))
            }
            largest.withLock { $0 = max($0, found) }
        }
        return indices.count == 0 || Int(largest.withLock { $0 }) < limit
    }
}
