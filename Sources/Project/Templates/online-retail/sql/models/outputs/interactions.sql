-- One row for each customer, article and invoice time: lines of one invoice that name an article twice are one purchase.
select
    customer_id,
    stock_code,
    invoice_time,
    cast(sum(quantity) as integer) as quantity,
    cast(sum(quantity * unit_price) as double precision) as revenue,
    cast(min(unit_price) as double precision) as price
from {{ ref('purchases') }}
group by customer_id, stock_code, invoice_time
