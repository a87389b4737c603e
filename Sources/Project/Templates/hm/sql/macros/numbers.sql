{# A whole number from a column that may hold numbers such as 1.0, or text such as '1.0'. #}
{% macro whole_number(column) -%}
cast(cast({{ column }} as double precision) as integer)
{%- endmacro %}
