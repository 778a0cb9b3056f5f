with sessions as (
    select
        business_date,
        previous_business_date
    from {{ ref('stg_trading_sessions') }}
    where calendar = '{{ var("calendar") }}'
),

coupons as (
    select
        sessions.business_date,
        accruals.instrument_id,
        sum(accruals.coupon_per_100) as coupon_per_100
    from {{ ref('stg_bond_accruals') }} as accruals
    inner join sessions
        on
            accruals.accrual_end > sessions.previous_business_date
            and accruals.accrual_end <= sessions.business_date
    group by sessions.business_date, accruals.instrument_id
),

paired as (
    select
        today.business_date,
        today.instrument_id,
        today.price_local as close_local,
        before.price_local as previous_close_local,
        coalesce(today.accrued_local, 0) as accrued_local,
        coalesce(before.accrued_local, 0) as previous_accrued_local,
        coalesce(actions.split_ratio, 1) as split_ratio,
        cast(coalesce(actions.dividend_local, 0) + coalesce(coupons.coupon_per_100, 0) as decimal(20, 8))
            as dividend_local
    from {{ ref('int_unit_values') }} as today
    inner join sessions
        on today.business_date = sessions.business_date
    inner join {{ ref('int_unit_values') }} as before
        on
            sessions.previous_business_date = before.business_date
            and today.instrument_id = before.instrument_id
    left join {{ ref('int_corporate_actions_by_session') }} as actions
        on
            today.business_date = actions.business_date
            and today.instrument_id = actions.instrument_id
    left join coupons
        on
            today.business_date = coupons.business_date
            and today.instrument_id = coupons.instrument_id
    where
        today.reason is null
        and before.reason is null
)

select
    business_date,
    instrument_id,
    close_local,
    previous_close_local,
    cast(accrued_local as decimal(20, 12)) as accrued_local,
    cast(previous_accrued_local as decimal(20, 12)) as previous_accrued_local,
    cast(split_ratio as decimal(20, 8)) as split_ratio,
    dividend_local,
    case
        when previous_close_local > 0
            then {{ rate(safe_divide('close_local * split_ratio', 'previous_close_local') ~ ' - 1') }}
    end as price_return_rate,
    case
        when previous_close_local + previous_accrued_local > 0
            then {{ rate(safe_divide(
            '(close_local + accrued_local) * split_ratio + dividend_local',
            'previous_close_local + previous_accrued_local'
        ) ~ ' - 1') }}
    end as total_return_rate
from paired
