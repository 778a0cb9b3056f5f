{{ config(materialized='ephemeral') }}

with held as (
    select *
    from {{ ref('int_position_values') }}
    where is_in_range
),

ends as (
    select
        instruments.instrument_id,
        coalesce(
            options.expiry_date, bonds.maturity_date, forwards.settlement_date, instruments.last_trade_date
        ) as end_date
    from {{ ref('stg_instruments') }} as instruments
    left join {{ ref('stg_option_terms') }} as options
        on instruments.instrument_id = options.instrument_id
    left join {{ ref('stg_bond_terms') }} as bonds
        on instruments.instrument_id = bonds.instrument_id
    left join {{ ref('stg_fx_forward_terms') }} as forwards
        on instruments.instrument_id = forwards.instrument_id
    where instruments.instrument_type in ('option', 'bond', 'future', 'fx_forward')
),

breaks as (
    select *
    from {{ ref('fct_reconciliation_breaks') }}
    where {{ is_in_session_range('business_date') }}
)

select
    business_date,
    'missing_price' as check_name,
    'error' as severity,
    portfolio_id,
    instrument_id,
    cast(quantity as double precision) as value,
    cast(null as double precision) as limit_value,
    case
        when instrument_type = 'fx_forward'
            then reason || ', which values ' || instrument_id || ' in '
        else {{ no_price_reason('instrument_id', 'business_date') }} || ', of which '
    end || portfolio_id || case when instrument_type = 'fx_forward' then ', held ' else ' holds ' end
    || {{ shown_number('quantity') }} || ': deliver it, or the position if it is wrong' as message,
    position_delivery_id as delivery_id,
    position_row_number as row_number
from held
where
    price_local is null
    and instrument_type is not null
    and quantity <> 0

union all

select
    business_date,
    'missing_fx_rate' as check_name,
    'error' as severity,
    portfolio_id,
    instrument_id,
    cast(quantity as double precision) as value,
    cast(null as double precision) as limit_value,
    {{ no_rate_reason('currency', 'base_currency', 'business_date') }} || ', for ' || instrument_id || ' in '
    || portfolio_id || ': deliver the fixing' as message,
    position_delivery_id as delivery_id,
    position_row_number as row_number
from held
where
    fx_rate is null
    and instrument_type is not null
    and base_currency is not null
    and quantity <> 0

union all

select
    held.business_date,
    'held_after_end' as check_name,
    'error' as severity,
    held.portfolio_id,
    held.instrument_id,
    cast({{ days_between('ends.end_date', 'held.business_date') }} as double precision) as value,
    cast(0 as double precision) as limit_value,
    held.portfolio_id || ' still holds ' || {{ shown_number('held.quantity') }}
    || ' of ' || held.instrument_id || ', which ended on ' || {{ shown_date('ends.end_date') }}
    || ': book its exercise or redemption, or correct its terms' as message,
    held.position_delivery_id as delivery_id,
    held.position_row_number as row_number
from held
inner join ends
    on held.instrument_id = ends.instrument_id
where
    held.business_date > ends.end_date
    and held.quantity <> 0

union all

{# The comparison itself is in fct_reconciliation_breaks; here it is told beside the rest. #}
select
    breaks.business_date,
    case breaks.check_name when 'custodian' then 'custodian_break' else 'position_jump' end as check_name,
    case when breaks.check_name = 'custodian' and breaks.is_over_tolerance then 'error' else 'warning' end
        as severity,
    breaks.portfolio_id,
    breaks.instrument_id,
    cast(
        case when breaks.check_name = 'custodian' then breaks.difference_base else breaks.difference end
        as double precision
    ) as value,
    cast(breaks.tolerance as double precision) as limit_value,
    case
        when breaks.check_name = 'custodian'
            then
                'the custodian has ' || {{ shown_number('coalesce(breaks.right_value, 0)') }} || ' of '
                || breaks.instrument_id || ' in ' || breaks.portfolio_id || ', the investment book '
                || {{ shown_number('coalesce(breaks.left_value, 0)') }} || ': '
                || case
                    when breaks.is_over_tolerance
                        then 'over the tolerance, settle it before the figures go out'
                    else 'within the tolerance, ask which is right'
                end
        else
            breaks.instrument_id || ' in ' || breaks.portfolio_id || ' is '
            || {{ shown_number('coalesce(breaks.right_value, 0)') }}
            || ', the session before plus transactions makes '
            || {{ shown_number('coalesce(breaks.left_value, 0)') }}
            || ': deliver the transaction, or the position again'
    end as message,
    positions.delivery_id,
    positions.row_number
from breaks
left join {{ ref('stg_positions') }} as positions
    on
        breaks.business_date = positions.business_date
        and breaks.portfolio_id = positions.portfolio_id
        and breaks.instrument_id = positions.instrument_id
        and positions.book = case breaks.check_name when 'custodian' then 'custodian' else 'ibor' end
where
    breaks.check_name = 'custodian'
    or (
        breaks.check_name = 'previous_session'
        and abs(breaks.difference) > breaks.tolerance
    )
