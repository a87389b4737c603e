select
    cast(customer_id as varchar(64)) as customer_id,
    -- The raw columns say 1 or nothing.
    coalesce({{ whole_number('"FN"') }}, 0) as fn,
    coalesce({{ whole_number('"Active"') }}, 0) as active,
    club_member_status,
    fashion_news_frequency,
    {{ whole_number('age') }} as age,
    postal_code
from {{ source('raw', 'customers') }}
where customer_id is not null
