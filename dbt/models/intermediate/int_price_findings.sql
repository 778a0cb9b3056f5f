{{ config(materialized='ephemeral') }}
{%- set stale_sessions = var('stale_price_sessions') %}

{#- Options and bonds move by other rules than a share: only shares and funds can spike or miss a split. -#}
with sessions as (
    select business_date
    from {{ ref('int_range_sessions') }}
    where is_in_range
),

prices as (
    select
        prices.*,
        lag(prices.close_local) over (
            partition by prices.instrument_id, prices.price_type order by prices.business_date
        ) as previous_close_local
    from {{ ref('stg_prices') }} as prices
    where
        prices.business_date >= {{ date_days_before(first_session(), 2 * stale_sessions + 14) }}
        and prices.business_date <= {{ last_session() }}
),

unmoved as (
    select
        prices.*,
        sum(
            case
                when prices.close_local = prices.previous_close_local and coalesce(prices.volume, 0) = 0
                    then 1
                else 0
            end
        ) over (
            partition by prices.instrument_id, prices.price_type
            order by prices.business_date
            rows between {{ stale_sessions - 1 }} preceding and current row
        ) as n_unmoved
    from prices
),

returns as (
    select
        returns.business_date,
        returns.instrument_id,
        returns.close_local,
        returns.previous_close_local,
        1 + returns.price_return_rate as price_ratio,
        returns.total_return_rate
    from {{ ref('int_total_returns') }} as returns
    inner join sessions
        on returns.business_date = sessions.business_date
    inner join {{ ref('stg_instruments') }} as instruments
        on returns.instrument_id = instruments.instrument_id
    where
        instruments.instrument_type in ('equity', 'etf')
        and (
            abs(returns.total_return_rate) > {{ var('spike_return_rate') }}
            or abs(returns.price_return_rate) > {{ var('spike_return_rate') }}
        )
),

histories as (
    select
        returns.business_date,
        returns.instrument_id,
        history.total_return_rate,
        median(cast(history.total_return_rate as double precision)) over (
            partition by returns.business_date, returns.instrument_id
        ) as middle_rate
    from returns
    inner join {{ ref('int_total_returns') }} as history
        on
            returns.instrument_id = history.instrument_id
            and returns.business_date > history.business_date
            and {{ date_days_before('returns.business_date', 366) }} <= history.business_date
),

deviations as (
    select
        business_date,
        instrument_id,
        1.4826 * median(abs(cast(total_return_rate as double precision) - middle_rate)) as robust_deviation,
        count(*) as n_returns
    from histories
    group by business_date, instrument_id
),

splits as (
    {% for new, old in [(1, 2), (1, 3), (1, 4), (2, 1), (3, 1)] -%}
        select
            {{ new }} as new_units,
            {{ old }} as old_units,
            {{ new }} / cast({{ old }} as double precision) as ratio
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

judged as (
    select
        returns.*,
        splits.new_units,
        splits.old_units,
        greatest(
            {{ var('spike_return_rate') }},
            case
                when deviations.n_returns >= 20
                    then {{ var('spike_deviations') }} * deviations.robust_deviation
                else 0
            end
        ) as spike_limit
    from returns
    left join deviations
        on
            returns.business_date = deviations.business_date
            and returns.instrument_id = deviations.instrument_id
    left join splits
        on abs(returns.price_ratio / splits.ratio - 1) <= {{ var('split_nearness_rate') }}
),

delivered as (
    select
        business_date,
        instrument_id,
        delivery_id,
        row_number
    from {{ ref('int_unit_values') }}
)

select
    unmoved.business_date,
    'stale_price' as check_name,
    'warning' as severity,
    unmoved.instrument_id,
    cast(unmoved.n_unmoved as double precision) as value,
    cast({{ stale_sessions }} as double precision) as limit_value,
    'the price of ' || unmoved.instrument_id || ' has stood at ' || {{ shown_number('unmoved.close_local') }}
    || ' for {{ stale_sessions }} sessions with no volume: ask ' || unmoved.source || ' whether it is a quote'
        as message,
    unmoved.delivery_id,
    unmoved.row_number
from unmoved
inner join sessions
    on unmoved.business_date = sessions.business_date
where unmoved.n_unmoved >= {{ stale_sessions }}

union all

select
    prices.business_date,
    'price_outside_range' as check_name,
    'error' as severity,
    prices.instrument_id,
    case
        when prices.low_local > prices.high_local then prices.low_local
        when prices.close_local > prices.high_local or prices.close_local < prices.low_local
            then prices.close_local
        else prices.open_local
    end as value,
    case
        when prices.low_local > prices.high_local then prices.high_local
        when prices.close_local > prices.high_local then prices.high_local
        when prices.close_local < prices.low_local then prices.low_local
        when prices.open_local > prices.high_local then prices.high_local
        else prices.low_local
    end as limit_value,
    prices.instrument_id || ': open ' || coalesce({{ shown_number('prices.open_local') }}, 'none')
    || ' and close ' || {{ shown_number('prices.close_local') }}
    || ' do not lie between low ' || coalesce({{ shown_number('prices.low_local') }}, 'none')
    || ' and high ' || coalesce({{ shown_number('prices.high_local') }}, 'none')
    || ': ask ' || prices.source || ' for the session again' as message,
    prices.delivery_id,
    prices.row_number
from prices
inner join sessions
    on prices.business_date = sessions.business_date
where
    prices.low_local > prices.high_local
    or prices.close_local > prices.high_local
    or prices.close_local < prices.low_local
    or prices.open_local > prices.high_local
    or prices.open_local < prices.low_local

union all

select
    judged.business_date,
    'split_not_applied' as check_name,
    'error' as severity,
    judged.instrument_id,
    judged.price_ratio as value,
    judged.new_units / cast(judged.old_units as double precision) as limit_value,
    judged.instrument_id || ' went from ' || {{ shown_number('judged.previous_close_local') }} || ' to '
    || {{ shown_number('judged.close_local') }} || ', about ' || cast(judged.new_units as varchar(10)) || '/'
    || cast(judged.old_units as varchar(10)) || ' after the splits that are known: '
    || 'deliver the split, or take back the one that was not' as message,
    delivered.delivery_id,
    delivered.row_number
from judged
left join delivered
    on
        judged.business_date = delivered.business_date
        and judged.instrument_id = delivered.instrument_id
where judged.new_units is not null

union all

select
    judged.business_date,
    'price_spike' as check_name,
    'warning' as severity,
    judged.instrument_id,
    judged.total_return_rate as value,
    judged.spike_limit as limit_value,
    judged.instrument_id || ' moved by ' || {{ shown_percentage('judged.total_return_rate') }} || ' from '
    || {{ shown_number('judged.previous_close_local') }} || ' to ' || {{ shown_number('judged.close_local') }}
    || ' without a corporate action: compare with another source' as message,
    delivered.delivery_id,
    delivered.row_number
from judged
left join delivered
    on
        judged.business_date = delivered.business_date
        and judged.instrument_id = delivered.instrument_id
where
    judged.new_units is null
    and abs(judged.total_return_rate) > judged.spike_limit
