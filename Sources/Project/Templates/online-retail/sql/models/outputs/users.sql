-- Every customer. The country is the one most of their lines before the split went to; for those who first came
-- later it is unknown, as it was then.
with known as (
    {{ most_frequent(ref('purchases'), 'customer_id', 'country', 'invoice_time < ' ~ validation_start()) }}
)
select customers.customer_id, known.country
from (select distinct customer_id from {{ ref('purchases') }}) customers
left join known on known.customer_id = customers.customer_id
