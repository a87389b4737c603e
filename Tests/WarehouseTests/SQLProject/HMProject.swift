import Core
import FoundationEssentials
import Testing
import Warehouse

/// The shipped H&M project in one warehouse: loaded from files, built, and summed up so that warehouses can be compared.
struct HMProject {
    let load: LoadReport
    let transform: TransformReport
    /// For every model what ``sums(of:as:in:)`` gives.
    let sums: [String: [JSONValue]]

    /// Loads the three files of `folder` and builds everything.
    ///
    /// - Parameter schemas: the columns of each model; nil: those of this warehouse.
    init(from folder: String, into configuration: WarehouseConfiguration, schemas: [String: Schema]? = nil) throws {
        let warehouse = try Warehouse(configuration)
        let connection = try warehouse.connect()
        load = try Loader(connection).load([
            SourceConfiguration(
                name: "transactions", files: ["\(folder)/transactions_train.csv.gz"],
                columns: ["t_dat": .date, "price": .double, "sales_channel_id": .integer]),
            SourceConfiguration(
                name: "customers", files: ["\(folder)/customers.csv"],
                columns: ["FN": .double, "Active": .double, "age": .double]),
            SourceConfiguration(name: "articles", files: ["\(folder)/articles.parquet"]),
        ])
        let project = try SQLProject(folder: ShippedProjectTests.templates + "/hm/sql")
        let runner = try SQLProjectRunner(project: project, warehouse: warehouse)
        transform = try runner.build()
        #expect(try runner.freshness().sources.map(\.status) == [.ok, .ok, .ok])
        var sums: [String: [JSONValue]] = [:]
        for model in transform.models where model.status == .ok {
            let path = model.table.split(separator: ".").map(String.init)
            let schema = try schemas?[model.name] ?? connection.columns(of: path)
            sums[model.name] = try Self.sums(of: path, as: schema, in: connection)
        }
        self.sums = sums
    }

    /// How many rows a table has; for each column how many are known, and of numbers the sum and extremes, of days the
    /// first, the last and how many, of texts their letters and how many differ.
    static func sums(of path: [String], as schema: Schema, in connection: Connection) throws -> [JSONValue] {
        let dialect = connection.dialect
        func real(_ expression: String) -> String { "cast(\(expression) as double precision)" }
        let columns = schema.columns.flatMap { column -> [String] in
            let name = dialect.quote(column.name)
            let known = real("count(\(name))")
            switch column.type {
            case .string: return [known, real("sum(length(\(name)))"), real("count(distinct \(name))")]
            case .timestamp:
                return [
                    known, real("count(distinct \(name))"), "cast(min(\(name)) as varchar(10))",
                    "cast(max(\(name)) as varchar(10))",
                ]
            default:
                return [
                    known, real("sum(\(real(name)))"), real("min(\(name))"), real("max(\(name))"),
                    real("sum(\(real(name)) * \(real(name)))"),
                ]
            }
        }
        let wanted = ([real("count(*)")] + columns).enumerated().map { "\($1) as s\($0)" }
        return try connection.rows("select \(wanted.joined(separator: ", ")) from \(dialect.quote(path))")[0]
    }

    /// Holds this project against the same one in DuckDB.
    func expectEqual(to other: HMProject) {
        #expect(load.sources.map(\.rows) == other.load.sources.map(\.rows))
        #expect(load.sources.allSatisfy { $0.rejects == 0 })
        #expect(
            transform.succeeded, "\(transform.models.compactMap(\.message)) \(transform.tests.compactMap(\.message))")
        #expect(transform.tests.allSatisfy { $0.status == .ok }, "\(transform.tests.compactMap(\.message))")
        #expect(transform.tests.map(\.name).sorted() == other.transform.tests.map(\.name).sorted())
        #expect(sums.keys.sorted() == other.sums.keys.sorted())
        #expect(sums.count == 8)
        for (model, theirs) in other.sums {
            let ours = sums[model] ?? []
            #expect(ours.count == theirs.count && (ours.first?.number ?? 0) > 0, "\(model)")
            for (index, (left, right)) in zip(ours, theirs).enumerated() {
                // Warehouses add in an order of their own.
                let same =
                    if case .number(let a) = left, case .number(let b) = right {
                        abs(a - b) <= 1e-9 * max(abs(a), abs(b))
                    } else { left == right }
                #expect(same, "\(model), sum \(index): \(left) is not \(right)")
            }
        }
    }

    /// Columns of each model as DuckDB has them, so that other warehouses are asked for the same sums.
    static func schemas(of project: HMProject, in configuration: WarehouseConfiguration) throws -> [String: Schema] {
        let connection = try Warehouse(configuration).connect()
        return try Dictionary(
            uniqueKeysWithValues: project.transform.models.map {
                ($0.name, try connection.columns(of: $0.table.split(separator: ".").map(String.init)))
            })
    }

    /// Builds the project in DuckDB and in another warehouse from the same files, and compares them.
    static func compare(from folder: String, with configuration: WarehouseConfiguration) throws -> HMProject {
        try TestWarehouses.withFolder { temporary in
            let file = WarehouseConfiguration.duckdb(temporary + "/shop.duckdb")
            let ours = try HMProject(from: folder, into: file)
            let other = try HMProject(
                from: folder, into: configuration, schemas: schemas(of: ours, in: file))
            other.expectEqual(to: ours)
            return other
        }
    }
}
