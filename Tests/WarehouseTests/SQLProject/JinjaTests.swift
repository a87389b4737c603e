import Core
import Foundation
import Testing
import Warehouse

struct JinjaTests {
    @Test(arguments: JinjaCases.all.indices)
    func `a template writes what it should`(_ index: Int) throws {
        let (template, expected) = JinjaCases.all[index]
        #expect(try JinjaTemplate(template).render(JinjaCases.variables) == expected, "\(template)")
    }

    @Test(arguments: [
        ("a\n{{ name", 2, 1, "never closed"), ("{% if x %}", 1, 4, "'if' is never closed"),
        ("\n\n  {{ naem }}", 3, 6, "'naem' is not defined"), ("{{ 1 + }}", 1, 8, "expected a value"),
        ("{{ name | uper }}", 1, 9, "no filter 'uper'"), ("{% fro x in y %}", 1, 4, "unknown statement 'fro'"),
        ("{{ name is definde }}", 1, 9, "no test 'definde'"), ("é {{ missing() }}", 1, 6, "cannot be called"),
        ("{{ 1 / 0 }}", 1, 4, "division by zero"), ("{{ 'a' + 1 }}", 1, 4, "cannot work on text"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, 19, "more than"), ("{# open", 1, 1, "comment"),
        ("{{ items[0](1) }}", 1, 9, "cannot be called"), ("{% endif %}", 1, 4, "unknown statement 'endif'"),
        ("{{ 'open }}", 1, 4, "never closed"), ("{% set %}", 1, 8, "variable's name"), ("{{ a ? b }}", 1, 6, "'?'"),
        ("{% for a, b in items %}{% endfor %}", 1, 4, "names 2 variables"), ("{{ nothing.x.y }}", 1, 4, "not defined"),
    ])
    func `a fault says where it is`(template: String, line: Int, column: Int, words: String) throws {
        let error = try #require(throws: MartletError.self) {
            try JinjaTemplate(template, file: "models/a.sql").render(JinjaCases.variables)
        }
        #expect(error.message.contains(words), "\(error)")
        #expect(error.location == SourceLocation(file: "models/a.sql", line: line, column: column), "\(template)")
    }

    @Test func `the nearest name is offered`() throws {
        let error = #expect(throws: MartletError.self) { try JinjaTemplate("{{ naem }}").render(JinjaCases.variables) }
        #expect(error?.hint == "did you mean 'name'?")
    }

    @Test func `deep nesting is a fault and no crash`() throws {
        let brackets = String(repeating: "(", count: 10_000)
        #expect(throws: MartletError.self) { try JinjaTemplate("{{ \(brackets)1 }}") }
        let minus = String(repeating: "-", count: 10_000)
        #expect(throws: MartletError.self) { try JinjaTemplate("{{ \(minus)1 }}") }
        let blocks = String(repeating: "{% if true %}", count: 10_000)
        #expect(throws: MartletError.self) { try JinjaTemplate(blocks) }
    }

    // Skipped where `scripts/venv dbt` has not been run: Python's jinja2 comes with dbt.
    @Test(.tags(.slow), .timeLimit(.minutes(10)), .enabled(if: DBT.isInstalled, "scripts/venv dbt has not been run"))
    func `Python's jinja2 writes the same`() throws {
        let cases = JSONValue.array(JinjaCases.all.map { .string($0.template) })
        let script = """
            import json, sys, jinja2
            given = json.load(sys.stdin)
            env = jinja2.Environment(extensions=["jinja2.ext.do"])
            print(json.dumps([env.from_string(t).render(**given["variables"]) for t in given["cases"]]))
            """
        let input = JSONValue.object(["variables": .object(JinjaCases.variables), "cases": cases]).description
        let answer = try DBT.python(["-c", script], input: input)
        #expect(answer.status == 0, "\(answer.output)")
        let written = try JSONValue(parsing: answer.output).array?.map(\.string)
        #expect(written == JinjaCases.all.map(\.expected))
    }
}
