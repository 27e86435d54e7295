-- Rows read = accepted + unchanged + quarantined, per load: nothing is lost on the way in.
select *
from {{ ref('ops_batches') }}
where rows_read <> rows_accepted + rows_unchanged + rows_quarantined
