{{ config(materialized='table') }}
-- One row for each customer, article and day. Buying two of an article in one order gives two raw rows that differ in
-- nothing, or only in price or channel: one decision to buy, so one row, which says how many there were. A row keeps
-- its day, so no history moves over the split.
select
    customer_id,
    article_id,
    t_dat,
    min(price) as price,
    min(sales_channel_id) as sales_channel_id,
    count(*) as quantity
from {{ ref('transactions_staging') }}
group by customer_id, article_id, t_dat
