select
    cast("InvoiceNo" as varchar(32)) as invoice_no,
    trim(cast("StockCode" as varchar(32))) as stock_code,
    nullif(trim("Description"), '') as description,
    cast("Quantity" as integer) as quantity,
    cast("InvoiceDate" as timestamp) as invoice_time,
    -- Prices have at most three digits after the point; as decimals their sums are exact.
    cast("UnitPrice" as numeric(18, 4)) as unit_price,
    nullif(trim(cast("CustomerID" as varchar(32))), '') as customer_id,
    "Country" as country
from {{ source('raw', 'transactions') }}
