import Core

/// Templates and what Jinja makes of them; the same list is given to Python's jinja2.
enum JinjaCases {
    static let variables: [String: JSONValue] = [
        "name": "shop", "count": 3, "price": 1.5, "items": ["a", "b", "c"], "flag": true, "nothing": .null,
        "mapping": ["a": 1, "b": 2], "people": [["name": "Ann", "age": 40], ["name": "Bo", "age": 30]],
    ]

    static let all: [(template: String, expected: String)] = [
        // Values and text
        ("plain", "plain"), ("{{ name }}", "shop"), ("a{{ 1 }}b{{ 2.5 }}c", "a1b2.5c"), ("{{ 'it''s' }}", "its"),
        ("{{ \"a\\nb\" }}", "a\nb"), ("{{ true }} {{ none }} {{ False }}", "True None False"),
        ("{{ [1, 'a', none] }}", "[1, 'a', None]"), ("{{ (1, 2) }} {{ (1,) }}", "(1, 2) (1,)"),
        ("{{ {'a': 1} }}", "{'a': 1}"), ("{{ 2.0 }}", "2.0"), ("one\n", "one"), ("é{{ 'ü' }}", "éü"),
        // Operators
        ("{{ 1 + 2 * 3 }}", "7"), ("{{ (1 + 2) * 3 }}", "9"),
        ("{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }}", "3 -4 1 2"),
        ("{{ 7 / 2 }} {{ 2 ** 10 }}", "3.5 1024"), ("{{ 'a' ~ 1 ~ none }}", "a1None"), ("{{ 'a' + 'b' }}", "ab"),
        ("{{ 'ab' * 2 }}", "abab"), ("{{ [1] + [2] }}", "[1, 2]"), ("{{ 1 < 2 <= 2 }}", "True"),
        ("{{ 1 == 1.0 }} {{ 'a' != 'b' }}", "True True"), ("{{ 'b' in items }} {{ 'z' not in items }}", "True True"),
        ("{{ 'ho' in name }}", "True"), ("{{ not flag or count > 2 and name }}", "shop"),
        ("{{ '' or 'fallback' }}", "fallback"), ("{{ 'x' if flag else 'y' }}", "x"), ("{{ 'x' if not flag }}", ""),
        ("{{ -count + 1 }}", "-2"), ("{{ '%s-%d' % ('a', 3) }}", "a-3"), ("{{ -1 | abs }}", "1"),
        // Attributes, indices, slices, methods
        ("{{ mapping.a }} {{ mapping['b'] }}", "1 2"), ("{{ items[0] }}{{ items[-1] }}", "ac"),
        ("{{ items[1:] }} {{ name[:2] }} {{ items[::-1] }}", "['b', 'c'] sh ['c', 'b', 'a']"),
        ("{{ name.upper() }} {{ ' a '.strip() }}|", "SHOP a|"), ("{{ 'a,b'.split(',') }}", "['a', 'b']"),
        ("{{ ', '.join(items) }}", "a, b, c"), ("{{ name.replace('s', 'c') }}", "chop"),
        ("{{ name.startswith('sh') }}", "True"),
        ("{{ mapping.get('z', 9) }} {{ mapping.keys() | list }}", "9 ['a', 'b']"),
        ("{{ '{} and {b}'.format(1, b=2) }}", "1 and 2"), ("{{ people[1].name }}", "Bo"),
        // Filters
        ("{{ name | upper }} {{ 'HM' | lower }}", "SHOP hm"), ("{{ items | join('-') }}", "a-b-c"),
        ("{{ items | length }} {{ mapping | length }}", "3 2"), ("{{ missing | default('d') }}", "d"),
        ("{{ '' | default('d', true) }}", "d"), ("{{ items | first }}{{ items | last }}", "ac"),
        ("{{ '3' | int + 1 }} {{ 'x' | int }} {{ '2.5' | float }}", "4 0 2.5"), ("{{ [3, 1, 2] | sort }}", "[1, 2, 3]"),
        ("{{ [3, 1, 2] | sort(reverse=true) | first }}", "3"), ("{{ [1, 2, 1] | unique | list }}", "[1, 2]"),
        ("{{ [1, 2] | sum }} {{ [1, 5] | max }} {{ [4, 2] | min }}", "3 5 2"),
        ("{{ people | map(attribute='name') | join(',') }}", "Ann,Bo"),
        ("{{ items | map('upper') | list }}", "['A', 'B', 'C']"),
        ("{{ people | selectattr('age', 'gt', 35) | map(attribute='name') | list }}", "['Ann']"),
        ("{{ [1, 2, 3, 4] | select('even') | list }} {{ [1, 2] | reject('odd') | list }}", "[2, 4] [2]"),
        ("{{ 'a b' | title }} {{ 'ab' | capitalize }}", "A B Ab"),
        ("{{ 2.567 | round(2) }} {{ '  x ' | trim }}", "2.57 x"),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"), ("{{ items | reverse | list }}", "['c', 'b', 'a']"),
        ("{{ mapping | items | list }}", "[('a', 1), ('b', 2)]"), ("{{ 'aXb' | replace('X', '-') }}", "a-b"),
        // Tests
        ("{{ name is defined }} {{ missing is defined }} {{ missing is not defined }}", "True False True"),
        ("{{ nothing is none }} {{ 3 is odd }} {{ 4 is divisibleby 2 }}", "True True True"),
        (
            "{{ name is string }} {{ 1 is number }} {{ mapping is mapping }} {{ items is iterable }}",
            "True True True True"
        ),
        ("{{ 1 is in [1, 2] }} {{ count is not none and flag }}", "True True"),
        // Statements
        ("{% if count > 5 %}a{% elif count > 2 %}b{% else %}c{% endif %}", "b"),
        ("{% for i in items %}{{ loop.index }}{{ i }}{{ ',' if not loop.last }}{% endfor %}", "1a,2b,3c"),
        ("{% for k, v in mapping.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;"),
        ("{% for i in [] %}x{% else %}none{% endfor %}", "none"),
        ("{% for i in items if i != 'b' %}{{ loop.length }}{{ i }}{% endfor %}", "2a2c"),
        ("{% for i in range(3) %}{% for j in range(i) %}{{ i }}{{ j }} {% endfor %}{% endfor %}", "10 20 21 "),
        ("{% set a = 1 %}{% for i in items %}{% set a = 2 %}{% endfor %}{{ a }}", "1"),
        ("{% set n = namespace(a=0) %}{% for i in items %}{% set n.a = n.a + 1 %}{% endfor %}{{ n.a }}", "3"),
        ("{% set a, b = 1, 2 %}{{ a + b }}", "3"), ("{% set t %}in {{ name }}{% endset %}[{{ t }}]", "[in shop]"),
        ("{% set t | upper %}in{% endset %}{{ t }}", "IN"), ("{% if true %}{% set a = 5 %}{% endif %}{{ a }}", "5"),
        ("{% macro m(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, c='y') }}", "12x 12y"),
        ("{% macro m() %}{{ varargs | join('+') }}{{ kwargs.z }}{% endmacro %}{{ m(1, 2, z=3) }}", "1+23"),
        ("{% macro w() %}<{{ caller('q') }}>{% endmacro %}{% call(x) w() %}in {{ x }}{% endcall %}", "<in q>"),
        ("{% set l = [] %}{% do l.append(1) %}{{ l }}", "[1]"), ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{% macro f(n) %}{{ 1 if n < 2 else n * (f(n - 1) | int) }}{% endmacro %}{{ f(5) }}", "120"),
        ("{% for x in items %}{{ loop.previtem if loop.first is false else '-' }}{% endfor %}", "-ab"),
        ("{% for x in items %}{{ loop.cycle('o', 'e') }}{% endfor %}", "oeo"),
        // Comments and whitespace
        ("a{# no {{ x }} #}b", "ab"), ("a  {#- no -#}  b", "ab"),
        ("a\n  {%- if flag %}\nb\n{%- endif %}\nc", "a\nb\nc"),
        ("a {{- ' b ' -}} c", "a b c"), ("{% for i in items -%}\n  {{ i }}\n{%- endfor %}", "abc"),
        ("{%+ if flag %}x{% endif %}\n\ny\n", "x\n\ny"), ("{{ {'a': {'b': 1}}['a']['b'] }}", "1"),
        ("{{ '}}' }}{{ \"{%\" }}", "}}{%"),
    ]
}
