{# The first moment of validation, as a timestamp that every warehouse understands. #}
{% macro validation_start() -%}
cast('{{ var("validation_start") }}' as timestamp)
{%- endmacro %}
