import Core
import Foundation
import Testing
import Warehouse

// Skipped where DuckDB's library is not installed: `scripts/install-driver duckdb` installs it.
@Suite(.enabled(if: TestWarehouses.hasDuckDB, "DuckDB's library is not installed"))
struct SQLProjectRunnerTests {
    let warehouse: Warehouse
    let connection: Connection

    init() throws {
        warehouse = try Warehouse(.duckdb())
        connection = try warehouse.connect()
        try connection.execute("create schema raw")
        try connection.execute(
            "create table raw.orders as select i as id, i % 3 as person, i * 0.5 as price, date '2020-01-01' + i::integer as day from range(10) t(i)"
        )
    }

    private func build(
        _ files: [String: String], select: [String] = [], variables: [String: JSONValue] = [:],
        isFullRefresh: Bool = false
    ) throws -> TransformReport {
        var files = files
        files["models/sources.yml"] = files["models/sources.yml"] ?? "sources: [{name: raw, tables: [{name: orders}]}]"
        return try ProjectFolder.with(files) { folder throws in
            try SQLProjectRunner(project: folder.project(), warehouse: warehouse, variables: variables, threads: 3)
                .build(select: select, isFullRefresh: isFullRefresh)
        }
    }

    @Test func `tables, views and expressions hold what they should`() throws {
        let report = try build([
            "models/a.sql": "select id, price from {{ source('raw', 'orders') }}",
            "models/b.sql": "{{ config(materialized='ephemeral') }}select id, price * 2 as price from {{ ref('a') }}",
            "models/c.sql": "{{ config(materialized='ephemeral') }}select * from {{ ref('b') }} where id > 2",
            "models/d.sql":
                "-- first\n{{ config(materialized='table') }}\nwith x as (select * from {{ ref('c') }}) select count(*) as n, sum(price) as total from x;",
            "models/e.sql": "{{ config(materialized='table', schema='other') }}select n + 1 as n from {{ ref('d') }}",
        ])
        #expect(report.succeeded, "\(report.models)")
        #expect(try connection.rows("select n, total from main.d") == [[.integer(7), .number(42)]])
        #expect(try connection.value("select n from main_other.e") == .integer(8))
        #expect(
            try connection.rows(
                "select table_name, table_type from information_schema.tables where table_schema = 'main' order by 1")
                == [["a", "VIEW"], ["d", "BASE TABLE"]])
        #expect(report.models.first { $0.name == "d" }?.rows == 1)
        let names = report.models.map(\.name)
        #expect(names.firstIndex(of: "a")! < names.firstIndex(of: "d")!)
    }

    @Test func `a table becomes a view and a view a table`() throws {
        for kind in ["table", "view", "table", "view", "incremental", "view"] {
            let report = try build([
                "models/a.sql": "{{ config(materialized='\(kind)') }}select 1 as x, '\(kind)' as kind"
            ])
            #expect(report.succeeded, "\(report.models)")
            #expect(try connection.value("select kind from main.a") == .string(kind))
        }
    }

    @Test func `an incremental model adds rows, and replaces those with its key`() throws {
        func files(_ config: String) -> [String: String] {
            [
                "models/a.sql": """
                {{ config(materialized='incremental', \(config)) }}
                select id, '{{ var("mark", "none") }}' as mark from {{ source('raw', 'orders') }}
                {% if is_incremental() %}where id >= (select max(id) from {{ this }}){% endif %}
                """
            ]
        }
        var report = try build(files("unique_key='id'"), variables: ["mark": "one"])
        #expect(report.models.first?.rows == 10)
        try connection.execute("insert into raw.orders select 10, 1, 1.0, date '2021-01-01'")
        report = try build(files("unique_key='id'"), variables: ["mark": "two"])
        #expect(report.models.first?.rows == 2)
        #expect(
            try connection.rows("select mark, count(*), min(id) from main.a group by 1 order by 1") == [
                ["one", 9, 0], ["two", 2, 9],
            ])
        report = try build(files("incremental_strategy='append'"), variables: ["mark": "three"])
        #expect(try connection.value("select count(*) from main.a") == 12)
        report = try build(files("unique_key=['id', 'mark']"), variables: ["mark": "three"])
        #expect(try connection.value("select count(*) from main.a") == 12)
        report = try build(files("unique_key='id'"), variables: ["mark": "four"], isFullRefresh: true)
        #expect(try connection.rows("select distinct mark from main.a") == [["four"]])
        #expect(try connection.tables(in: "main") == ["a"])
    }

    @Test func `a failing test names itself, shows rows and keeps what follows from being built`() throws {
        let report = try build([
            "models/a.sql": "{{ config(materialized='table') }}select id, person from {{ source('raw', 'orders') }}",
            "models/b.sql": "select * from {{ ref('a') }}",
            "models/c.sql": "select 1 as x",
            "models/s.yml": """
            models:
              - name: a
                columns:
                  - name: person
                    data_tests: [unique, not_null, {accepted_values: {values: [0, 1], quote: false, config: {severity: warn}}}]
              - {name: b, columns: [{name: id, tests: [not_null]}]}
            """,
        ])
        #expect(!report.succeeded)
        #expect(report.failed == ["unique_a_person"])
        let failed = try #require(report.tests.first { $0.name == "unique_a_person" })
        #expect(failed.status == .fail)
        #expect(failed.failures == 3)
        #expect(failed.examples.count == 3)
        #expect(failed.examples[0].keys.sorted() == ["n_records", "unique_field"])
        #expect(failed.message?.contains("models/s.yml:5") == true, "\(failed.message ?? "")")
        let warned = try #require(report.tests.first { $0.name.hasPrefix("accepted_values") })
        #expect(warned.status == .warn)
        #expect(warned.failures == 1)
        let states = Dictionary(uniqueKeysWithValues: report.models.map { ($0.name, $0.status) })
        #expect(states == ["a": .ok, "b": .skipped, "c": .ok])
        #expect(report.tests.first { $0.name == "not_null_b_id" }?.status == .skipped)
    }

    @Test func `an error in a model names its line, and the old table stays`() throws {
        let good = ["models/a.sql": "{{ config(materialized='table') }}select 1 as x"]
        #expect(try build(good).succeeded)
        let bad = [
            "models/a.sql":
                "{{ config(materialized='table') }}\n\nselect\n    {{ 'pric' }} as x,\n    id\nfrom {{ source('raw', 'orders') }}",
            "models/b.sql": "select * from {{ ref('a') }}",
        ]
        let report = try build(bad)
        let failed = try #require(report.models.first { $0.name == "a" })
        #expect(failed.status == .error)
        #expect(failed.message?.contains("models/a.sql:4:") == true, "\(failed.message ?? "")")
        #expect(failed.message?.contains("pric as x") == true, "\(failed.message ?? "")")
        #expect(report.models.first { $0.name == "b" }?.status == .skipped)
        #expect(try connection.rows("select * from main.a") == [[1]])
        #expect(try connection.tables(in: "main") == ["a"])
        // An error that only shows while rows are computed.
        let late = try build([
            "models/a.sql":
                "{{ config(materialized='table') }}select error('no ' || id) from {{ source('raw', 'orders') }}"
        ])
        #expect(late.failed == ["a"])
        #expect(try connection.rows("select * from main.a") == [[1]])
    }

    @Test func `a source that was never loaded is told with the model that reads it`() throws {
        let report = try build([
            "models/a.sql": "select *\nfrom {{ source('raw', 'gone') }}",
            "models/sources.yml": "sources: [{name: raw, tables: [{name: gone}]}]",
        ])
        #expect(report.failed == ["a"])
        #expect(report.models[0].message?.contains("models/a.sql:2") == true, "\(report.models[0].message ?? "")")
    }

    @Test func `macros, queries while compiling, hooks and custom tests work`() throws {
        let report = try build([
            "dbt_project.yml":
                "name: shop\nprofile: shop\non-run-start: ['create table if not exists main.log (word varchar)']\non-run-end: [\"insert into main.log values ('end')\"]\n",
            "models/a.sql": """
            {{ config(materialized='table', post_hook=["insert into main.log values ('after {{ this.identifier }}')"]) }}
            {% set people = run_query('select distinct person from raw.orders order by 1') %}
            select
            {%- if execute %}
            {%- for row in people %} count(*) filter (where person = {{ row[0] }}) as p{{ row['person'] }}{{ ',' if not loop.last }}{% endfor %}
            {%- else %} 1 as p0{% endif %}
            from {{ source('raw', 'orders') }}
            """,
            "models/b.sql":
                "select {{ dbt.dateadd('day', 1, \"date '2020-01-31'\") }} as d, {{ dbt.datediff(\"date '2020-01-01'\", \"date '2020-01-31'\", 'day') }} as n, {{ adapter.dispatch('who')() }} as who, {{ first_column(ref('a')) }} as c from {{ ref('a') }}",
            "macros/m.sql":
                "{% macro default__who() %}'all'{% endmacro %}{% macro duckdb__who() %}'duck'{% endmacro %}{% macro first_column(r) %}{{ return(adapter.get_columns_in_relation(r)[0].quoted if execute else 'p0') }}{% endmacro %}",
            "tests/generic/positive.sql":
                "{% test positive(model, column_name, least=0) %}select * from {{ model }} where {{ column_name }} <= {{ least }}{% endtest %}",
            "models/s.yml":
                "models: [{name: a, columns: [{name: p0, tests: [positive, {positive: {least: 100, severity: warn}}]}]}]",
        ])
        #expect(report.succeeded, "\(report.models) \(report.tests)")
        #expect(try connection.rows("select * from main.a") == [[4, 3, 3]])
        #expect(
            try connection.rows("select n, who, c, d::varchar from main.b") == [[30, "duck", 4, "2020-02-01 00:00:00"]])
        #expect(try connection.rows("select word from main.log order by 1") == [["after a"], ["end"]])
        #expect(report.tests.map(\.status.rawValue).sorted() == ["ok", "warn"])
    }

    @Test func `only what is selected is built, many at a time`() throws {
        var files: [String: String] = [:]
        for index in 0..<30 {
            files["models/m\(index).sql"] =
                "{{ config(materialized='table') }}select \(index) as n"
                + (index > 2 ? " from {{ ref('m\(index / 3)') }}" : "")
        }
        #expect(try build(files, select: ["+m29"]).models.map(\.name) == ["m1", "m3", "m9", "m29"])
        let report = try build(files)
        #expect(report.models.count == 30)
        #expect(report.succeeded, "\(report.models.compactMap(\.message))")
    }

    @Test func `the age of a source is judged`() throws {
        try connection.execute("create table raw.fresh as select now()::timestamp as moment")
        let sources = """
            sources:
              - name: raw
                freshness: {warn_after: {count: 1, period: day}, error_after: {count: 1000, period: day}}
                loaded_at_field: moment
                tables:
                  - name: fresh
                  - {name: orders, loaded_at_field: day, freshness: {warn_after: {count: 1, period: day}, error_after: {count: 2, period: day}}}
                  - {name: late, identifier: orders, config: {loaded_at_field: day, freshness: {error_after: {count: 100000, period: day}}}}
                  - {name: off, freshness: null}
            """
        let report = try ProjectFolder.with(["models/a.sql": "select 1 as x", "models/sources.yml": sources]) {
            folder in
            try SQLProjectRunner(project: folder.project(), warehouse: warehouse).freshness()
        }
        #expect(report.sources.map(\.name) == ["raw.fresh", "raw.late", "raw.orders"])
        #expect(report.sources.map(\.status) == [.ok, .warn, .error])
        #expect((report.sources[0].age ?? .infinity) < 86_400)
        #expect(report.sources[2].message?.contains("2 days is allowed") == true)
        #expect(!report.succeeded)
    }
}
