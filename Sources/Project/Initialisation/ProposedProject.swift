import Core

/// A project for one file of purchases whose columns' roles are known.
public struct ProposedProject: Sendable {
    /// Which column means what.
    public struct Roles: Sendable, Equatable {
        /// Who bought.
        public var user: String
        /// What was bought.
        public var item: String
        /// When.
        public var time: String
        /// A text that names the item; nil if the file has none.
        public var title: String?
        /// Numeric columns by name, with the type to read them as.
        public var numbers: [String: String] = [:]
        /// `date` or `timestamp`.
        public var timeType = "timestamp"

        /// Names the roles.
        public init(user: String, item: String, time: String, title: String? = nil) {
            self.user = user
            self.item = item
            self.time = time
            self.title = title
        }

        /// What an empty project shows.
        static let example = Roles(user: "user_id", item: "item_id", time: "bought_at")
    }

    let shop: String
    let file: String
    let roles: Roles

    /// Describes a project.
    public init(shop: String, file: String, roles: Roles) {
        self.shop = shop
        self.file = file
        self.roles = roles
    }

    /// Writes the project.
    ///
    /// - Throws: `busy` if the folder holds a project already.
    public func write(to folder: String) throws {
        var sql = [
            "dbt_project.yml": Self.dbtProject(shop: shop), "models/sources.yml": Self.sources,
            "models/interactions.sql": interactions,
        ]
        if roles.title != nil { sql["models/items.sql"] = items }
        try NewProject(folder).write(configuration: configuration, sqlFrom: nil, sql: sql)
    }

    /// `martlet.yml`
    var configuration: String {
        let numbers = roles.numbers.sorted { $0.key < $1.key }.map { ", \(Self.word($0.key)): \($0.value)" }.joined()
        let itemTable =
            roles.title.map { _ in "items: {table: items, id: item_id, title: title, show: [title]}\n" } ?? ""
        return """
            # From files to served recommendations: 'martlet run' does all of it, 'martlet check' looks for faults.
            name: \(shop)
            seed: 42

            # DuckDB in a file beside this one. Another warehouse is these lines:
            #   driver: postgresql
            #   uri: postgresql://shop:${env:PGPASSWORD}@localhost:5432/shop
            warehouse:
              driver: duckdb
              path: warehouse.duckdb

            # Files (a path, a glob, a folder or a list) become raw tables. Columns not named here are read as text.
            sources:
              transactions:
                files: \(Self.word(file))
                columns: {\(Self.word(roles.time)): \(roles.timeType)\(numbers)}
                rejects: 0.01          # stop if more than this share of the rows cannot be read

            # The folder has dbt's layout: 'dbt build' makes the same tables.
            sql:
              folder: sql

            # What the SQL's tables mean.
            interactions: {table: interactions, user: user_id, item: item_id, time: bought_at}
            \(itemTable)
            # By time: the last four weeks are the test, the four before them choose the model. Dates work too.
            split: {validation: 28d, test: 28d}

            # What models learn from, besides who bought what:
            # features:
            #   user: {age: [fill-missing: 0, bucketize: {every: 5}, categorify]}
            #   item: {category: categorify}

            models:
              popularity: {}
              item-cosine: {}
              two-tower: {}
              # a grid is trained in parallel, and the winner is picked on validation:
              # two-tower: {grid: {learning-rate: [0.02, 0.05]}}

            evaluation:
              k: 12
              select: recall@12
              exclude-seen: false      # true where nobody buys the same thing twice

            recommend: {k: 24, similar: 12}

            publish:
              store: {kind: rocksdb, path: published}
              # store: {kind: redis, url: "redis://127.0.0.1:6379", password: "${env:REDIS_PASSWORD}"}
              keep: 3

            serve: {host: 127.0.0.1, port: 8080}

            """
    }

    static func dbtProject(shop: String) -> String {
        """
        name: \(shop.isEmpty ? "shop" : shop.replacing("-", with: "_"))
        version: "1.0"
        config-version: 2
        profile: martlet
        model-paths: [models]
        models:
          +materialized: table

        """
    }

    static let sources = """
        version: 2
        sources:
          - name: raw
            schema: raw
            tables:
              - name: transactions
        models:
          - name: interactions
            columns:
              - name: user_id
                data_tests: [not_null]
              - name: item_id
                data_tests: [not_null]
              - name: bought_at
                data_tests: [not_null]

        """

    /// `interactions.sql`
    var interactions: String {
        """
        -- One row for each purchase of a known user.
        select
            \(Self.quoted(roles.user)) as user_id,
            \(Self.quoted(roles.item)) as item_id,
            \(Self.quoted(roles.time)) as bought_at
        from {{ source('raw', 'transactions') }}
        where \(Self.quoted(roles.user)) is not null
            and \(Self.quoted(roles.item)) is not null
            and \(Self.quoted(roles.time)) is not null

        """
    }

    /// `items.sql`
    private var items: String {
        """
        -- One row for each item, with a text to show.
        select
            \(Self.quoted(roles.item)) as item_id,
            max(\(Self.quoted(roles.title ?? ""))) as title
        from {{ source('raw', 'transactions') }}
        where \(Self.quoted(roles.item)) is not null
        group by 1

        """
    }

    /// A name as SQL writes it.
    private static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    /// A text as YAML writes it.
    private static func word(_ text: String) -> String {
        if text.utf8.allSatisfy({
            $0 == 95 || $0 == 47 || $0 == 46 || $0 == 45 || (48...57).contains($0) || (65...90).contains($0)
                || (97...122).contains($0)
        }), !text.isEmpty {
            return text
        }
        var quoted = ""
        JSONValue.quote(text, to: &quoted)
        return quoted
    }
}
