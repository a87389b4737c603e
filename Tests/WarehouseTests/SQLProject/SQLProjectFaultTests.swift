import Core
import Testing
import Warehouse

struct SQLProjectFaultTests {
    @Test(arguments: [
        // A reference to nothing, with the nearest name.
        (
            ["models/orders.sql": "select 1 as a", "models/b.sql": "\nselect * from {{ ref('ordres') }}"],
            "models/b.sql:2:18: there is no model 'ordres'", "did you mean 'orders'?"
        ),
        (
            [
                "models/a.sql": "select * from {{ source('raw', 'oders') }}",
                "models/s.yml": "sources: [{name: raw, tables: [{name: orders}]}]",
            ],
            "models/a.sql:1:18: there is no source 'raw' with the table 'oders'", "did you mean 'raw.orders'?"
        ),
        // Circles.
        (
            [
                "models/a.sql": "select * from {{ ref('b') }}", "models/b.sql": "select * from {{ ref('c') }}",
                "models/c.sql": "select * from {{ ref('a') }}",
            ],
            "models read each other in a circle: a → b → c → a", "let one of them"
        ),
        // Templates.
        (["models/a.sql": "select {{ vra('x') }}"], "models/a.sql:1:11: 'vra' is not defined", "did you mean 'var'?"),
        (["models/a.sql": "select {% if true %} 1"], "models/a.sql:1:11: this 'if' is never closed", "endif"),
        (["models/a.sql": "select {{ var('first') }}"], "models/a.sql:1:11: the variable 'first' has no value", "vars"),
        (
            ["models/a.sql": "select {{ env_var('NO_SUCH_THING') }}"], "models/a.sql:1:11: the environment variable",
            "default"
        ),
        (
            ["models/a.sql": "select {{ dbt_utils.star() }}"], "models/a.sql:1:11: 'dbt_utils' is not defined",
            "dbt_packages"
        ),
        (["models/a.sql": "{{ exceptions.raise_compiler_error('no way') }}"], "models/a.sql:1:4: no way", ""),
        (
            ["models/a.sql": "select 1", "macros/m.sql": "{% macro m( %}"],
            "macros/m.sql:1:13: expected a parameter's name", ""
        ),
        (["models/a.sql": "{{ ref('a', 'b', 'c') }} {{ target.tpye }}"], "models/a.sql:1", ""),
        // Settings.
        (
            ["models/a.sql": "{{ config(materialized='tabel') }}select 1"],
            "models/a.sql:1:4: 'materialized' must be one of", "did you mean 'table'?"
        ),
        (
            ["models/a.sql": "select 1", "dbt_project.yml": "name: shop\nmodles: {}"],
            "dbt_project.yml:2:1: unknown key 'modles'", "did you mean 'models'?"
        ),
        (
            ["models/a.sql": "select 1", "dbt_project.yml": "name: shop\nvars: [1"],
            "dbt_project.yml:3:1: this is not valid YAML", ""
        ),
        (
            ["models/a.sql": "{{ config(incremental_strategy='merge') }}select 1"],
            "'incremental_strategy' must be one of", "delete+insert"
        ),
        (["models/a.sql": "  \n "], "models/a.sql:1:1: the model 'a' is empty", "SELECT"),
        (["models/x/a.sql": "select 1", "models/y/a.sql": "select 1"], "two models are called 'a'", "another name"),
        (
            ["models/a.sql": "select 1", "models/b.sql": "{{ config(alias='a') }}select 1"],
            "would both be kept as main.a", "alias"
        ),
        (["models/a.py": "x"], "is a Python model", "SQL"),
        (["dbt_project.yml": "name: shop"], "the model folder", "model-paths"),
        // Properties files.
        (
            ["models/a.sql": "select 1", "models/s.yml": "models: [{name: a, columns: [{name: x, tests: [uniqe]}]}]"],
            "models/s.yml:1:48: there is no test 'uniqe'", "did you mean 'unique'?"
        ),
        (
            ["models/a.sql": "select 1", "models/s.yml": "models: [{name: a, colums: []}]"],
            "models/s.yml:1:20: unknown key 'models.colums'", "did you mean 'columns'?"
        ),
        (
            [
                "models/a.sql": "select 1",
                "models/s.yml":
                    "models: [{name: a, columns: [{name: x, tests: [{relationships: {to: ref('b'), field: x}}]}]}]",
            ], "there is no model 'b'", ""
        ),
        (
            [
                "models/a.sql": "select 1",
                "models/s.yml": "models: [{name: a, columns: [{name: x, tests: [{accepted_values: {vals: [1]}}]}]}]",
            ], "the test 'accepted_values' has no argument 'vals'", ""
        ),
        (
            [
                "models/a.sql": "select 1",
                "models/s.yml": "models: [{name: a, columns: [{name: x, tests: [{accepted_values: {}}]}]}]",
            ], "needs the argument 'values'", ""
        ),
        (
            ["models/a.sql": "select 1", "models/s.yml": "models: [{name: a}, {name: a}]"],
            "the model 'a' is described twice", ""
        ),
    ])
    func `a fault says what, where and how to mend it`(_ files: [String: String], _ words: String, _ hint: String)
        throws
    {
        let error = try #require(ProjectFolder.fault(files), "nothing was found")
        #expect("\(error)".contains(words), "\(error)")
        #expect("\(error)".contains(hint), "\(error)")
    }

    @Test func `all faults of all models are told at once`() throws {
        let two = ProjectFolder.fault(["models/a.sql": "{{ ref('x') }}", "models/b.sql": "{{ ref('y') }}"])
        #expect((two as? InvalidFile)?.errors.count == 2)
    }

    @Test func `a description of nothing is a warning`() throws {
        try ProjectFolder.with(["models/orders.sql": "select 1 as a", "models/s.yml": "models: [{name: oders}]"]) {
            folder in
            let warnings = try folder.project().warnings
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains("did you mean 'orders'?") == true)
        }
    }
}
