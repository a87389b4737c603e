import Core

/// Macros that every project has: the four data tests, and the functions that databases spell differently.
enum BuiltinMacros {
    /// The macros, parsed once.
    static let all: [JinjaMacro] = {
        // The text is a constant of the program and parsed by every test run: it cannot fail at a user's.
        let statements = try! JinjaParser.statements(of: source, file: "built-in macros")
        return statements.compactMap { if case .macro(let macro) = $0 { macro } else { nil } }
    }()

    private static let source = #"""
        {% macro test_unique(model, column_name) -%}
        select {{ column_name }} as unique_field, count(*) as n_records
        from {{ model }}
        where {{ column_name }} is not null
        group by {{ column_name }}
        having count(*) > 1
        {%- endmacro %}

        {% macro test_not_null(model, column_name) -%}
        select * from {{ model }} where {{ column_name }} is null
        {%- endmacro %}

        {% macro test_accepted_values(model, column_name, values, quote=true) -%}
        select value_field, n_records
        from (
            select {{ column_name }} as value_field, count(*) as n_records
            from {{ model }}
            group by {{ column_name }}
        ) all_values
        where value_field not in (
            {%- for value in values -%}
            {{ dbt.string_literal(value) if quote else value }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        )
        {%- endmacro %}

        {% macro test_relationships(model, column_name, to, field) -%}
        select child.{{ column_name }} as from_field
        from {{ model }} child
        left join {{ to }} parent on child.{{ column_name }} = parent.{{ field }}
        where child.{{ column_name }} is not null and parent.{{ field }} is null
        {%- endmacro %}

        {% macro type_string() %}{{ 'TEXT' if target.type in ('postgres', 'duckdb') else 'VARCHAR' }}{% endmacro %}
        {% macro type_timestamp() %}{{ 'TIMESTAMP_NTZ' if target.type == 'snowflake' else 'TIMESTAMP' }}{% endmacro %}
        {% macro type_float() %}{{ 'FLOAT' }}{% endmacro %}
        {% macro type_numeric() %}{{ 'NUMERIC(28, 6)' }}{% endmacro %}
        {% macro type_bigint() %}{{ 'BIGINT' }}{% endmacro %}
        {% macro type_int() %}{{ 'INT' }}{% endmacro %}
        {% macro type_boolean() %}{{ 'BOOLEAN' }}{% endmacro %}

        {% macro current_timestamp() %}{{ 'now()' if target.type in ('postgres', 'duckdb') else 'current_timestamp' }}{% endmacro %}
        {% macro string_literal(value) %}'{{ value | replace("'", "''") }}'{% endmacro %}
        {% macro escape_single_quotes(value) %}{{ value | replace("'", "''") }}{% endmacro %}
        {% macro concat(fields) %}{{ fields | join(' || ') }}{% endmacro %}
        {% macro cast(field, type) %}cast({{ field }} as {{ type }}){% endmacro %}
        {% macro safe_cast(field, type) -%}
        {{ 'try_cast' if target.type in ('snowflake', 'duckdb') else 'cast' }}({{ field }} as {{ type }})
        {%- endmacro %}
        {% macro length(expression) %}length({{ expression }}){% endmacro %}
        {% macro replace(field, old_chars, new_chars) %}replace({{ field }}, {{ old_chars }}, {{ new_chars }}){% endmacro %}
        {% macro position(substring_text, string_text) %}position({{ substring_text }} in {{ string_text }}){% endmacro %}
        {% macro right(string_text, length_expression) %}right({{ string_text }}, {{ length_expression }}){% endmacro %}
        {% macro split_part(string_text, delimiter_text, part_number) -%}
        split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
        {%- endmacro %}
        {% macro hash(field) %}md5(cast({{ field }} as {{ type_string() }})){% endmacro %}
        {% macro any_value(expression) %}{{ 'min' if target.type == 'postgres' else 'any_value' }}({{ expression }}){% endmacro %}
        {% macro bool_or(expression) %}{{ 'boolor_agg' if target.type == 'snowflake' else 'bool_or' }}({{ expression }}){% endmacro %}
        {% macro except() %}except{% endmacro %}
        {% macro intersect() %}intersect{% endmacro %}
        {% macro listagg(measure, delimiter_text="','", order_by_clause=none) -%}
        {% if target.type == 'snowflake' -%}
        listagg({{ measure }}, {{ delimiter_text }}){% if order_by_clause %} within group ({{ order_by_clause }}){% endif %}
        {%- else -%}
        string_agg({{ measure }}, {{ delimiter_text }}{% if order_by_clause %} {{ order_by_clause }}{% endif %})
        {%- endif %}
        {%- endmacro %}

        {% macro date_trunc(datepart, date) %}date_trunc('{{ datepart }}', {{ date }}){% endmacro %}
        {% macro last_day(date, datepart) -%}
        cast({{ dateadd('day', -1, dateadd(datepart, 1, date_trunc(datepart, date))) }} as date)
        {%- endmacro %}
        {% macro dateadd(datepart, interval, from_date_or_timestamp) -%}
        {% if target.type == 'snowflake' -%}
        dateadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
        {%- elif target.type == 'duckdb' -%}
        date_add({{ from_date_or_timestamp }}, interval ({{ interval }}) {{ datepart }})
        {%- else -%}
        {{ from_date_or_timestamp }} + ((interval '1 {{ datepart }}') * ({{ interval }}))
        {%- endif %}
        {%- endmacro %}
        {% macro datediff(first_date, second_date, datepart) -%}
        {% if target.type == 'snowflake' -%}
        datediff({{ datepart }}, {{ first_date }}, {{ second_date }})
        {%- elif target.type == 'duckdb' -%}
        date_diff('{{ datepart }}', cast({{ first_date }} as timestamp), cast({{ second_date }} as timestamp))
        {%- elif datepart == 'day' -%}
        (cast({{ second_date }} as date) - cast({{ first_date }} as date))
        {%- elif datepart == 'week' -%}
        ((date_trunc('week', {{ second_date }})::date - date_trunc('week', {{ first_date }})::date) / 7)
        {%- elif datepart == 'month' -%}
        ((extract(year from {{ second_date }}) - extract(year from {{ first_date }})) * 12
            + extract(month from {{ second_date }}) - extract(month from {{ first_date }}))
        {%- elif datepart == 'year' -%}
        (extract(year from {{ second_date }}) - extract(year from {{ first_date }}))
        {%- else -%}
        {% set seconds = {'hour': 3600, 'minute': 60, 'second': 1}[datepart] -%}
        cast(extract(epoch from (date_trunc('{{ datepart }}', cast({{ second_date }} as timestamp))
            - date_trunc('{{ datepart }}', cast({{ first_date }} as timestamp)))) / {{ seconds }} as bigint)
        {%- endif %}
        {%- endmacro %}
        """#
}
