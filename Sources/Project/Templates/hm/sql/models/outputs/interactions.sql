{% set minimum = var('minimum_history') | int %}
select
    purchases.customer_id,
    purchases.article_id,
    purchases.t_dat,
    purchases.price,
    purchases.sales_channel_id,
    purchases.quantity
from {{ ref('dedup_transactions') }} purchases
{% if minimum > 0 -%}
-- Only customers whose training history is long enough to learn from; their later rows stay, to validate and test.
inner join (
    select customer_id
    from {{ ref('dedup_transactions') }}
    where t_dat < {{ validation_start() }}
    group by customer_id
    having count(*) >= {{ minimum }}
) active on active.customer_id = purchases.customer_id
{%- endif %}
