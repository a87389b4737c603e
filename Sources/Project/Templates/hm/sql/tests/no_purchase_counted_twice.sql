-- All raw purchases are in dedup_transactions, each once.
select staged.purchases, kept.purchases as kept
from (select count(*) as purchases from {{ ref('transactions_staging') }}) staged
cross join (select sum(quantity) as purchases from {{ ref('dedup_transactions') }}) kept
where staged.purchases <> coalesce(kept.purchases, 0)
