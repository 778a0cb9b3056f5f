{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with sessions as (
    select
        business_date,
        previous_business_date
    from {{ ref('int_range_sessions') }}
    where is_in_range
),

stages as (
    select * from {{ ref('int_position_stages') }}
),

positions as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        max(currency) as currency,
        sum(case when stage = 'raw' then quantity end) as raw_quantity,
        sum(case when stage = 'raw' then market_value_base end) as raw_market_value_base,
        sum(case when stage = 'staging' then quantity end) as staging_quantity,
        sum(case when stage = 'staging' then market_value_base end) as staging_market_value_base,
        sum(case when stage = 'mart' then quantity end) as mart_quantity,
        sum(case when stage = 'mart' then market_value_base end) as mart_market_value_base
    from stages
    where book = 'ibor'
    group by business_date, portfolio_id, instrument_id
),

sums as (
    select
        business_date,
        portfolio_id,
        currency,
        sum(case when stage = 'raw' then 1 else 0 end) as raw_rows,
        sum(case when stage = 'raw' then quantity end) as raw_quantity,
        sum(case when stage = 'raw' then market_value_base end) as raw_market_value_base,
        sum(case when stage = 'staging' then 1 else 0 end) as staging_rows,
        sum(case when stage = 'staging' then quantity end) as staging_quantity,
        sum(case when stage = 'staging' then market_value_base end) as staging_market_value_base,
        sum(case when stage = 'mart' then 1 else 0 end) as mart_rows,
        sum(case when stage = 'mart' then quantity end) as mart_quantity,
        sum(case when stage = 'mart' then market_value_base end) as mart_market_value_base
    from stages
    where book = 'ibor'
    group by business_date, portfolio_id, currency
),

{# The custodian speaks of a portfolio on a date: then both books have to hold the same. #}
held_by_custodian as (
    select distinct
        business_date,
        portfolio_id
    from stages
    where
        stage = 'staging'
        and book = 'custodian'
),

books as (
    select
        stages.business_date,
        stages.portfolio_id,
        stages.instrument_id,
        max(stages.currency) as currency,
        {#- A contract that differs is worth nothing but moves like its price. #}
        max(coalesce(stages.contract_value_local, stages.unit_value_local)) as unit_value_local,
        max(stages.fx_rate) as fx_rate,
        sum(case when stages.book = 'ibor' then stages.quantity end) as ibor_quantity,
        sum(case when stages.book = 'custodian' then stages.quantity end) as custodian_quantity
    from stages
    inner join held_by_custodian
        on
            stages.business_date = held_by_custodian.business_date
            and stages.portfolio_id = held_by_custodian.portfolio_id
    where stages.stage = 'staging'
    group by stages.business_date, stages.portfolio_id, stages.instrument_id
),

held as (
    select * from {{ ref('int_position_values') }}
),

delivered as (
    select distinct
        business_date,
        portfolio_id
    from held
),

{# What can be explained: the portfolio was delivered for the session and for the one before. #}
explained_days as (
    select
        sessions.business_date,
        sessions.previous_business_date,
        today.portfolio_id
    from sessions
    inner join delivered as today
        on sessions.business_date = today.business_date
    inner join delivered as previous
        on
            sessions.previous_business_date = previous.business_date
            and today.portfolio_id = previous.portfolio_id
),

movements as (
    select
        explained_days.business_date,
        explained_days.portfolio_id,
        held.instrument_id,
        held.quantity as quantity_today,
        cast(null as decimal(38, 8)) as quantity_before,
        cast(null as decimal(38, 8)) as quantity_change,
        held.currency,
        coalesce(held.contract_value_local, held.unit_value_local) as unit_value_local,
        held.fx_rate,
        0 as has_unknown_change
    from explained_days
    inner join held
        on
            explained_days.business_date = held.business_date
            and explained_days.portfolio_id = held.portfolio_id

    union all

    select
        explained_days.business_date,
        explained_days.portfolio_id,
        held.instrument_id,
        cast(null as decimal(38, 8)) as quantity_today,
        held.quantity as quantity_before,
        cast(null as decimal(38, 8)) as quantity_change,
        held.currency,
        coalesce(held.contract_value_local, held.unit_value_local) as unit_value_local,
        held.fx_rate,
        0 as has_unknown_change
    from explained_days
    inner join held
        on
            explained_days.previous_business_date = held.business_date
            and explained_days.portfolio_id = held.portfolio_id

    union all

    select
        explained_days.business_date,
        explained_days.portfolio_id,
        flows.instrument_id,
        cast(null as decimal(38, 8)) as quantity_today,
        cast(null as decimal(38, 8)) as quantity_before,
        flows.quantity_change,
        cast(null as varchar) as currency,
        cast(null as decimal(38, 14)) as unit_value_local,
        cast(null as decimal(20, 12)) as fx_rate,
        case when flows.quantity_change is null then 1 else 0 end as has_unknown_change
    from explained_days
    inner join {{ ref('int_position_flows') }} as flows
        on
            explained_days.business_date = flows.business_date
            and explained_days.portfolio_id = flows.portfolio_id
),

explained as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        max(currency) as currency,
        max(unit_value_local) as unit_value_local,
        max(fx_rate) as fx_rate,
        coalesce(sum(quantity_before), 0) + coalesce(sum(quantity_change), 0) as expected_quantity,
        coalesce(sum(quantity_today), 0) as quantity,
        max(has_unknown_change) as has_unknown_change
    from movements
    group by business_date, portfolio_id, instrument_id
),

compared as (
    {% for stage in ['staging', 'mart'] -%}
        {% for column in ['quantity', 'market_value_base'] -%}
            select
                business_date,
                'position' as check_name,
                portfolio_id,
                instrument_id,
                currency,
                '{{ column }}' as column_name,
                'raw' as left_name,
                raw_{{ column }} as left_value,
                '{{ stage }}' as right_name,
                {{ stage }}_{{ column }} as right_value,
                cast(null as decimal(38, 14)) as unit_value_local,
                cast(null as decimal(20, 12)) as fx_rate
            from positions

            union all

        {% endfor -%}
        {% for column in ['rows', 'quantity', 'market_value_base'] -%}
            select
                business_date,
                'sum' as check_name,
                portfolio_id,
                cast(null as varchar) as instrument_id,
                currency,
                '{{ column }}' as column_name,
                'raw' as left_name,
                raw_{{ column }} as left_value,
                '{{ stage }}' as right_name,
                {{ stage }}_{{ column }} as right_value,
                cast(null as decimal(38, 14)) as unit_value_local,
                cast(null as decimal(20, 12)) as fx_rate
            from sums

            union all

        {% endfor -%}
    {% endfor -%}
    select
        business_date,
        'custodian' as check_name,
        portfolio_id,
        instrument_id,
        currency,
        'quantity' as column_name,
        'ibor' as left_name,
        ibor_quantity as left_value,
        'custodian' as right_name,
        custodian_quantity as right_value,
        unit_value_local,
        fx_rate
    from books

    union all

    select
        business_date,
        'previous_session' as check_name,
        portfolio_id,
        instrument_id,
        currency,
        'quantity' as column_name,
        'previous session plus transactions' as left_name,
        expected_quantity as left_value,
        'positions' as right_name,
        quantity as right_value,
        unit_value_local,
        fx_rate
    from explained
    {#- Without the price that the margin is paid by, nobody knows the cash; the price is told as missing. #}
    where has_unknown_change = 0
),

breaks as (
    select
        compared.*,
        {{ money('coalesce(compared.right_value, 0) - coalesce(compared.left_value, 0)') }} as difference
    from compared
    where
        coalesce(compared.left_value, 0) <> coalesce(compared.right_value, 0)
        {#- That a stage lacks a position or its value is a break, also where the other side is 0. #}
        or (
            compared.check_name in ('position', 'sum')
            and coalesce(compared.left_value, compared.right_value) is not null
            and compared.left_value + compared.right_value is null
        )
),

{# A sender that delivers no transactions leaves nothing to explain a change by: it is told, not refused. #}
days_with_transactions as (
    select distinct business_date
    from {{ ref('int_current_deliveries') }}
    where table_name = 'transactions'
),

{# The custodian rounds each margin to the smallest coin, and its balance. #}
margined as (
    select
        flows.business_date,
        flows.portfolio_id,
        futures.currency,
        max(
            case currencies.minor_units
                when 0 then cast(0.5 as decimal(10, 8))
                when 3 then cast(0.0005 as decimal(10, 8))
                when 4 then cast(0.00005 as decimal(10, 8))
                else cast(0.005 as decimal(10, 8))
            end
        ) as half_coin,
        count(*) + 1 as roundings
    from {{ ref('int_position_flows') }} as flows
    inner join {{ ref('stg_instruments') }} as futures
        on flows.instrument_id = futures.instrument_id
    left join {{ ref('stg_currencies') }} as currencies
        on futures.currency = currencies.currency
    where futures.instrument_type = 'future'
    group by flows.business_date, flows.portfolio_id, futures.currency
),

measured as (
    select
        breaks.*,
        (breaks.check_name = 'previous_session' and traded.business_date is null) as is_unexplainable,
        case
            when breaks.column_name = 'market_value_base' then breaks.difference
            else {{ money(money('breaks.difference * breaks.unit_value_local') ~ ' * breaks.fx_rate') }}
        end as difference_base,
        case
            when breaks.check_name = 'custodian'
                then {{ money(
                    'abs(navs.nav_base) * cast(0.0001 as decimal(5, 4)) * ' ~ custodian_tolerance_bp()
                ) }}
            when breaks.check_name = 'previous_session' and actions.instrument_id is not null
                then {{ money(rounded_units_after_split()) }}
            when breaks.check_name = 'previous_session' and instruments.instrument_type = 'cash'
                then {{ money('coalesce(margined.half_coin * margined.roundings, 0)') }}
            else {{ money('0') }}
        end as tolerance
    from breaks
    left join {{ ref('fct_portfolio_returns') }} as navs
        on
            breaks.business_date = navs.business_date
            and breaks.portfolio_id = navs.portfolio_id
    left join days_with_transactions as traded
        on breaks.business_date = traded.business_date
    left join {{ ref('stg_instruments') }} as instruments
        on breaks.instrument_id = instruments.instrument_id
    left join margined
        on
            breaks.business_date = margined.business_date
            and breaks.portfolio_id = margined.portfolio_id
            and breaks.currency = margined.currency
    left join {{ ref('int_corporate_actions_by_session') }} as actions
        on
            breaks.business_date = actions.business_date
            and breaks.instrument_id = actions.instrument_id
            and actions.split_ratio <> 1
)

select
    business_date,
    check_name,
    portfolio_id,
    instrument_id,
    currency,
    column_name,
    left_name,
    {{ money('left_value') }} as left_value,
    right_name,
    {{ money('right_value') }} as right_value,
    difference,
    difference_base,
    tolerance,
    case
        when check_name = 'custodian'
            then coalesce(abs(difference_base) > tolerance, true)
        when is_unexplainable then false
        else abs(difference) > tolerance or left_value is null or right_value is null
    end as is_over_tolerance
from measured
