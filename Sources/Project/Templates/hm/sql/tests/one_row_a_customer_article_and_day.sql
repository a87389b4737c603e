select customer_id, article_id, t_dat, count(*) as n_records
from {{ ref('dedup_transactions') }}
group by customer_id, article_id, t_dat
having count(*) > 1
