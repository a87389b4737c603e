-- Every customer, whether they take part in training or not: who has no interactions gets the fallback of a segment.
select
    customer_id,
    fn,
    active,
    club_member_status,
    fashion_news_frequency,
    age,
    postal_code
from {{ ref('customers_staging') }}
