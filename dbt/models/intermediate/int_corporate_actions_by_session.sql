with sessions as (
    select
        business_date,
        previous_business_date
    from {{ ref('stg_trading_sessions') }}
    where
        calendar = '{{ var("calendar") }}'
        and previous_business_date is not null
),

actions as (
    select
        actions.ex_date,
        actions.instrument_id,
        actions.action_type,
        actions.ratio,
        {#- Cash in another currency than the instrument's never enters a return; a test tells it. #}
        case when actions.currency = instruments.currency then actions.amount_local end as amount_local
    from {{ ref('stg_corporate_actions') }} as actions
    left join {{ ref('stg_instruments') }} as instruments
        on actions.instrument_id = instruments.instrument_id
)

select
    sessions.business_date,
    actions.instrument_id,
    cast(
        coalesce(max(case when actions.action_type = 'split' then actions.ratio end), 1)
        * coalesce(max(case when actions.action_type = 'stock_dividend' then actions.ratio end), 1)
        as decimal(20, 8)
    ) as split_ratio,
    cast(
        coalesce(sum(case when actions.action_type = 'cash_dividend' then actions.amount_local end), 0)
        as decimal(20, 8)
    ) as dividend_local
from actions
inner join sessions
    on
        actions.ex_date > sessions.previous_business_date
        and actions.ex_date <= sessions.business_date
group by sessions.business_date, actions.instrument_id
