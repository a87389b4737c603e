-- Invoice lines that are purchases of a known customer: no cancellation (invoices that begin with C), a positive
-- quantity and price, and an article rather than a service.
select *
from {{ ref('invoice_lines_staging') }}
where customer_id is not null
    and stock_code is not null
    and invoice_time is not null
    and invoice_no not like 'C%'
    and quantity > 0
    and unit_price > 0
    {%- if var('service_codes') %}
    and stock_code not in (
        {%- for code in var('service_codes') -%}'{{ code }}'{{ ', ' if not loop.last }}{%- endfor -%}
    )
    {%- endif %}
