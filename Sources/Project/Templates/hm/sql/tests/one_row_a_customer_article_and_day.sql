select customer_id, article_id, t_dat, count(*) as n_records
from {{ ref('dedup_transactions') }}
{% if target.type == 'duckdb' -%}
-- Equal rows have equal hashes, and a hash is eight bytes: what these rule out need not be grouped by its texts.
where hash(customer_id, article_id, t_dat) in (
    select hash(customer_id, article_id, t_dat)
    from {{ ref('dedup_transactions') }}
    group by 1
    having count(*) > 1
)
{% endif -%}
group by customer_id, article_id, t_dat
having count(*) > 1
