-- Every article. What is learned from (price band) comes from rows before the split; the description, which is only
-- shown, comes from later rows where there are no earlier ones.
with described as (
    {{ most_frequent(ref('purchases'), 'stock_code', 'description', 'invoice_time < ' ~ validation_start()) }}
),

described_later as (
    {{ most_frequent(ref('purchases'), 'stock_code', 'description', 'invoice_time >= ' ~ validation_start()) }}
),

priced as (
    select stock_code, sum(quantity * unit_price) / sum(quantity) as mean_price
    from {{ ref('purchases') }}
    where invoice_time < {{ validation_start() }}
    group by stock_code
)

select
    articles.stock_code,
    -- Colours and sizes of one design share the first five letters of the code.
    substr(articles.stock_code, 1, 5) as design_code,
    case
        {%- for bound in [0.5, 1, 2, 3, 5, 10, 20] %}
        when priced.mean_price < {{ bound }} then 'below {{ bound }}'
        {%- endfor %}
        when priced.mean_price is not null then '20 and more'
    end as price_band,
    coalesce(described.description, described_later.description, articles.stock_code) as description
from (select distinct stock_code from {{ ref('purchases') }}) articles
left join described on described.stock_code = articles.stock_code
left join described_later on described_later.stock_code = articles.stock_code
left join priced on priced.stock_code = articles.stock_code
