{# An article's number has ten digits. Files that went through a program which took it for a number have lost its zero. #}
{% macro article_number(column) -%}
lpad(cast({{ column }} as varchar(32)), 10, '0')
{%- endmacro %}
