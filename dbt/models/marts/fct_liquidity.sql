{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}
{%- set window_sessions = var('liquidity_window_sessions') %}

with held as (
    select
        positions.business_date,
        tree.ancestor_portfolio_id as portfolio_id,
        positions.instrument_id,
        max(positions.instrument_type) as instrument_type,
        cast(sum(positions.quantity) as decimal(38, 8)) as quantity
    from {{ ref('fct_position_values') }} as positions
    inner join {{ ref('int_portfolio_tree') }} as tree
        on positions.portfolio_id = tree.portfolio_id
    where {{ is_in_session_range('positions.business_date') }}
    group by positions.business_date, tree.ancestor_portfolio_id, positions.instrument_id
),

delivered as (
    select distinct
        business_date,
        portfolio_id
    from {{ ref('fct_position_values') }}
    where {{ is_in_session_range('business_date') }}
),

held_sessions as (
    select distinct business_date
    from delivered
),

{# A member that delivered nothing for the session is not in the sums: its node has no days. #}
gaps as (
    select
        held_sessions.business_date,
        tree.ancestor_portfolio_id as portfolio_id,
        max({{ no_positions_reason('tree.portfolio_id', 'held_sessions.business_date') }}) as reason
    from held_sessions
    inner join {{ ref('int_portfolio_spans') }} as spans
        on held_sessions.business_date >= spans.first_date
    inner join {{ ref('int_portfolio_tree') }} as tree
        on spans.portfolio_id = tree.portfolio_id
    left join delivered
        on
            held_sessions.business_date = delivered.business_date
            and spans.portfolio_id = delivered.portfolio_id
    where delivered.portfolio_id is null
    group by held_sessions.business_date, tree.ancestor_portfolio_id
),

sessions as (
    select
        business_date,
        session_number
    from {{ ref('stg_trading_sessions') }}
    where calendar = '{{ var("calendar") }}'
),

wanted as (
    select distinct
        held.business_date,
        held.instrument_id,
        sessions.session_number
    from held
    inner join sessions
        on held.business_date = sessions.business_date
    where held.instrument_type <> 'cash' or held.instrument_type is null
),

volumes as (
    select
        sessions.session_number,
        prices.instrument_id,
        max(prices.volume) as volume
    from {{ ref('stg_prices') }} as prices
    inner join sessions
        on prices.business_date = sessions.business_date
    where
        prices.volume is not null
        and prices.business_date
        >= {{ date_days_before(first_session(), 2 * window_sessions + 14) }}
        and prices.business_date <= {{ last_session() }}
    group by sessions.session_number, prices.instrument_id
),

splits as (
    select
        sessions.session_number,
        actions.instrument_id,
        actions.split_ratio
    from {{ ref('int_corporate_actions_by_session') }} as actions
    inner join sessions
        on actions.business_date = sessions.business_date
    where actions.split_ratio <> 1
),

{# Units traded before a split are counted in the units of the session that asks. #}
ratios as (
    select
        wanted.business_date,
        wanted.instrument_id,
        volumes.session_number,
        exp(sum(ln(cast(splits.split_ratio as double precision)))) as ratio
    from wanted
    inner join volumes
        on
            wanted.instrument_id = volumes.instrument_id
            and wanted.session_number - volumes.session_number between 0 and {{ window_sessions - 1 }}
    inner join splits
        on
            volumes.instrument_id = splits.instrument_id
            and volumes.session_number < splits.session_number
            and wanted.session_number >= splits.session_number
    group by wanted.business_date, wanted.instrument_id, volumes.session_number
),

averages as (
    select
        wanted.business_date,
        wanted.instrument_id,
        count(*) as n_sessions,
        cast(
            round(avg(cast(volumes.volume as double precision) * coalesce(ratios.ratio, 1)), 8)
            as decimal(38, 8)
        ) as average_daily_volume
    from wanted
    inner join volumes
        on
            wanted.instrument_id = volumes.instrument_id
            and wanted.session_number - volumes.session_number between 0 and {{ window_sessions - 1 }}
    left join ratios
        on
            wanted.business_date = ratios.business_date
            and wanted.instrument_id = ratios.instrument_id
            and volumes.session_number = ratios.session_number
    group by wanted.business_date, wanted.instrument_id
),

measured as (
    select
        held.business_date,
        held.portfolio_id,
        held.instrument_id,
        held.quantity,
        averages.average_daily_volume,
        case
            when gaps.reason is not null then null
            when held.instrument_type = 'cash' or held.quantity = 0 then {{ rate('0') }}
            when averages.average_daily_volume > 0
                then {{ safe_divide(
                    'abs(held.quantity)',
                    'averages.average_daily_volume * cast('
                    ~ var('liquidity_participation_rate') ~ ' as decimal(10, 8))'
                ) }}
        end as days_to_liquidate,
        case
            when gaps.reason is not null then gaps.reason
            when held.instrument_type = 'cash' or held.quantity = 0 then null
            when averages.average_daily_volume is null
                then
                    'no volume of ' || held.instrument_id || ' in the {{ window_sessions }} sessions to '
                    || cast(held.business_date as varchar(10))
            when averages.average_daily_volume = 0 then
                'nothing was traded of ' || held.instrument_id || ' in the {{ window_sessions }} sessions to '
                || cast(held.business_date as varchar(10))
        end as missing_reason,
        case
            when held.instrument_type <> 'cash' and averages.n_sessions < {{ window_sessions }} then
                'volume of ' || held.instrument_id || ' on ' || cast(averages.n_sessions as varchar(10))
                || ' of {{ window_sessions }} sessions'
        end as warning_reason
    from held
    left join averages
        on
            held.business_date = averages.business_date
            and held.instrument_id = averages.instrument_id
    left join gaps
        on
            held.business_date = gaps.business_date
            and held.portfolio_id = gaps.portfolio_id
)

select
    business_date,
    portfolio_id,
    instrument_id,
    quantity,
    average_daily_volume,
    days_to_liquidate,
    case
        when missing_reason is not null then 'missing'
        when warning_reason is not null then 'warning'
        else 'ok'
    end as status,
    coalesce(missing_reason, warning_reason) as reason
from measured
