select
    cast(t_dat as date) as t_dat,
    cast(customer_id as varchar(64)) as customer_id,
    {{ article_number('article_id') }} as article_id,
    cast(price as double precision) as price,
    {{ whole_number('sales_channel_id') }} as sales_channel_id
from {{ source('raw', 'transactions') }}
where customer_id is not null and article_id is not null and t_dat is not null
