import Core
import FoundationEssentials
import Testing
import Warehouse

struct SQLProjectTests {
    static let shop: [String: String] = [
        "dbt_project.yml": """
        name: shop
        profile: shop
        vars: {first_day: "2020-01-01", shop: {limit: 5}}
        models:
          shop:
            +tags: [all]
            staging: {+materialized: view, +tags: daily}
            marts: {+materialized: table, +schema: marts}
        """,
        "models/staging/orders_staging.sql": "select * from {{ source('raw', 'orders') }}",
        "models/staging/people_staging.sql": "select * from {{ source('raw', 'people') }}",
        "models/marts/orders.sql": """
        {{ config(alias='all_orders', tags=['big']) }}
        {% set columns = ['id', 'price'] %}
        select {% for c in columns %}{{ c }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ ref('orders_staging') }}
        where day >= '{{ var("first_day") }}' and {{ limit_rows(var('limit')) }}
        """,
        "models/marts/people.sql":
            "select * from {{ ref('shop', 'people_staging') }} join {{ ref('orders') }} using (id)",
        "macros/limits.sql": "{% macro limit_rows(n, column='id') %}{{ column }} <= {{ n }}{% endmacro %}",
        "tests/no_free_order.sql": "select * from {{ ref('orders') }} where price = 0",
        "models/schema.yml": """
        version: 2
        sources:
          - name: raw
            tables:
              - {name: orders, columns: [{name: id, tests: [unique]}]}
              - {name: people}
        models:
          - name: orders
            description: What was sold.
            columns:
              - name: id
                data_tests:
                  - not_null
                  - relationships: {arguments: {to: ref('people_staging'), field: id}}
                  - accepted_values: {values: [1, 2], quote: false, config: {severity: warn, where: "id > 0"}}
        """,
    ]

    @Test func `settings come from folders, then files, then the model`() throws {
        try ProjectFolder.with(Self.shop) { folder throws in
            let project = try folder.project()
            #expect(project.models.map(\.name) == ["orders", "orders_staging", "people", "people_staging"])
            let orders = try project.model("orders")
            #expect(orders.configuration.materialized == .table)
            #expect(orders.configuration.schema == "marts")
            #expect(orders.configuration.tags == ["all", "big"])
            #expect(orders.configuration.alias == "all_orders")
            #expect(orders.description == "What was sold.")
            #expect(orders.dependencies == [.model("orders_staging")])
            #expect(try project.model("orders_staging").configuration.tags == ["all", "daily"])
            #expect(project.warnings.isEmpty)
        }
    }

    @Test func `templates become the SQL they stand for`() throws {
        try ProjectFolder.with(Self.shop) { folder throws in
            let texts = try folder.project(["limit": 7]).compiled()
            #expect(
                texts["models/marts/orders.sql"]?.split(separator: "\n").map { $0.filter { $0 != "\r" } } == [
                    "select id, price", "from \"main\".\"orders_staging\"", "where day >= '2020-01-01' and id <= 7",
                ])
            #expect(
                texts["models/marts/people.sql"]
                    == "select * from \"main\".\"people_staging\" join \"main_marts\".\"all_orders\" using (id)")
            #expect(
                texts["models/staging/orders_staging.sql"] == "select * from \"raw\".\"orders\"")
            try folder.project().writeCompiled(to: folder.path + "/target/compiled")
            #expect(FileManager.default.fileExists(atPath: folder.path + "/target/compiled/models/marts/orders.sql"))
        }
    }

    @Test func `names are written as each warehouse wants them`() throws {
        try ProjectFolder.with([
            "models/a.sql": "select '{{ target.type }}' as t from {{ source('raw', 'Big') }}",
            "models/s.yml": "sources: [{name: raw, tables: [{name: Big}]}]",
        ]) { folder throws in
            func text(_ dialect: Dialect) throws -> String? {
                try folder.project().resolved(target: SQLTarget(dialect: dialect)).compiled()["models/a.sql"]
            }
            #expect(try text(.duckdb) == "select 'duckdb' as t from \"raw\".\"Big\"")
            #expect(try text(.postgresql) == "select 'postgres' as t from \"raw\".\"Big\"")
            #expect(try text(.snowflake) == "select 'snowflake' as t from raw.\"Big\"")
        }
    }

    @Test func `tests get dbt's names, settings and queries`() throws {
        try ProjectFolder.with(Self.shop) { folder throws in
            let project = try folder.project()
            #expect(
                project.tests.map(\.name) == [
                    "accepted_values_orders_id__False__1__2", "no_free_order", "not_null_orders_id",
                    "relationships_orders_id__id__ref__people_staging__", "source_unique_raw_orders_id",
                ])
            let test = try #require(project.tests.first)
            #expect(test.severity == .warn)
            #expect(test.condition == "id > 0")
            #expect(project.tests[3].dependencies == [.model("orders"), .model("people_staging")])
            let sql = try #require(try project.compiled()["tests/accepted_values_orders_id__False__1__2.sql"])
            #expect(sql.contains("(select * from \"main_marts\".\"all_orders\" where id > 0) dbt_subquery"))
            #expect(sql.contains("not in (1, 2)"))
        }
    }

    @Test(arguments: [
        (["orders"], ["orders"]), (["+orders"], ["orders", "orders_staging"]),
        (["orders+"], ["orders", "people"]), (["+people"], ["orders", "orders_staging", "people", "people_staging"]),
        (["1+people"], ["orders", "people", "people_staging"]), (["orders_staging+1"], ["orders", "orders_staging"]),
        (["tag:daily"], ["orders_staging", "people_staging"]), (["path:models/marts"], ["orders", "people"]),
        (["models/marts"], ["orders", "people"]), (["marts"], ["orders", "people"]),
        (["shop.marts.orders"], ["orders"]),
        (["source:raw.people+"], ["people", "people_staging"]),
        (["source:raw+"], ["orders", "orders_staging", "people", "people_staging"]),
        (["orders people_staging"], ["orders", "people_staging"]),
        (["+people,tag:daily"], ["orders_staging", "people_staging"]),
        (["config.materialized:table"], ["orders", "people"]), (["*_staging"], ["orders_staging", "people_staging"]),
        (["@people_staging"], ["orders", "orders_staging", "people", "people_staging"]),
        (["tag:big", "people"], ["orders", "people"]),
        (["+orders+"], ["orders", "orders_staging", "people"]), (["file:people.sql"], ["people"]),
    ])
    func `parts are selected in dbt's notation`(_ words: [String], _ expected: [String]) throws {
        try ProjectFolder.with(Self.shop) { folder throws in
            #expect(try folder.project().select(words).models.sorted() == expected)
        }
    }

    @Test func `a selection takes its tests along, and leaves out what is excluded`() throws {
        try ProjectFolder.with(Self.shop) { folder throws in
            let project = try folder.project()
            #expect(
                try project.select(["people_staging"]).tests == ["relationships_orders_id__id__ref__people_staging__"])
            #expect(try project.select(["no_free_order"]).tests == ["no_free_order"])
            #expect(try project.select([], exclude: ["+orders"]).models == ["people", "people_staging"])
            #expect(try project.select(["marts"], exclude: ["tag:big"]).models == ["people"])
            let error = #expect(throws: MartletError.self) { try project.select(["ordrs"]) }
            #expect(error?.hint == "did you mean 'orders'?")
            #expect(throws: MartletError.self) { try project.select(["tga:daily"]) }
        }
    }

    @Test func `lineage is a graph, a list and JSON`() throws {
        try ProjectFolder.with(Self.shop) { folder throws in
            let project = try folder.project()
            let lineage = project.lineage()
            #expect(
                lineage.nodes.map(\.name) == [
                    "raw.orders", "raw.people", "orders_staging", "orders", "people_staging", "people",
                ])
            #expect(lineage.dot.contains("\"orders_staging\" -> \"orders\";"))
            #expect(lineage.text.contains("people          table        ← orders, people_staging"))
            let part = try project.lineage(of: project.select(["+orders"]))
            #expect(part.nodes.map(\.name) == ["raw.orders", "orders_staging", "orders"])
        }
    }

    @Test func `a model that is read while it runs only must be named before`() throws {
        try ProjectFolder.with([
            "models/a.sql": "select {{ env_var('SHOP_NAME') }} as a",
            "models/b.sql": "select 1 as {{ env_var('B', 'b') }}",
        ]) { folder throws in
            #expect(
                try folder.project().compiled() == [
                    "models/a.sql": "select martlet as a", "models/b.sql": "select 1 as b",
                ])
        }
    }
}
