{#
    For each `key` the most frequent `value` of `relation`; of equally frequent ones the last in the alphabet.

    `where` is a condition on the rows that count.
#}
{% macro most_frequent(relation, key, value, where) -%}
select {{ key }}, {{ value }}
from (
    select
        {{ key }},
        {{ value }},
        row_number() over (partition by {{ key }} order by count(*) desc, {{ value }} desc) as place
    from {{ relation }}
    where {{ value }} is not null and {{ where }}
    group by {{ key }}, {{ value }}
) counted
where place = 1
{%- endmacro %}
