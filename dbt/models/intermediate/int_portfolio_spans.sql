select
    portfolio_id,
    min(business_date) as first_date,
    max(business_date) as last_date
from {{ ref('stg_positions') }}
where book = 'ibor'
group by portfolio_id
