with days as (
    select
        business_date,
        {{ safe_divide('sum(value_traded_usd)', 'count(value_traded_usd)') }} as mean_value_traded_usd,
        cast(count(value_traded_usd) as bigint) as n_stocks
    from {{ ref('int_stock_days') }}
    where value_traded_usd is not null
    group by business_date
)

select
    business_date,
    {{ money_of_doubles('mean_value_traded_usd') }} as mean_value_traded_usd,
    {{ money_of_doubles('mean_value_traded_usd') }} as raw_mean_value_traded_usd,
    n_stocks,
    cast(row_number() over (order by mean_value_traded_usd desc, business_date asc) as bigint) as value_rank
from days
