-- Summing lines into interactions neither loses nor invents pieces sold.
select lines.pieces, kept.pieces as kept
from (select sum(quantity) as pieces from {{ ref('purchases') }}) lines
cross join (select sum(quantity) as pieces from {{ ref('interactions') }}) kept
where lines.pieces <> kept.pieces
