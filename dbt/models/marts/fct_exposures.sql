{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with position_values as (
    select
        position_values.business_date,
        tree.ancestor_portfolio_id as portfolio_id,
        coalesce(position_values.instrument_type, 'unclassified') as asset_class,
        coalesce(instruments.country, 'unclassified') as country,
        coalesce(instruments.sector, 'unclassified') as sector,
        coalesce(position_values.currency, 'unclassified') as currency,
        {{ money('position_values.market_value_local * rates.fx_rate') }} as market_value_base,
        case
            when position_values.status = 'missing' then position_values.reason
            when rates.fx_rate is null
                then {{ no_rate_reason(
                    'position_values.currency', 'nodes.base_currency', 'position_values.business_date'
                ) }}
        end as reason,
        rates.warning
    from {{ ref('fct_position_values') }} as position_values
    inner join {{ ref('int_portfolio_tree') }} as tree
        on position_values.portfolio_id = tree.portfolio_id
    inner join {{ ref('stg_portfolios') }} as nodes
        on tree.ancestor_portfolio_id = nodes.portfolio_id
    left join {{ ref('stg_instruments') }} as instruments
        on position_values.instrument_id = instruments.instrument_id
    left join {{ ref('int_base_rates') }} as rates
        on
            position_values.business_date = rates.business_date
            and position_values.currency = rates.currency
            and nodes.base_currency = rates.base_currency
    where {{ is_in_session_range('position_values.business_date') }}
),

by_dimension as (
    {% for dimension in ['asset_class', 'country', 'sector', 'currency'] %}
        select
            business_date,
            portfolio_id,
            '{{ dimension }}' as dimension,
            {{ dimension }} as bucket,
            market_value_base,
            reason,
            warning
        from position_values
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

returns as (
    select
        business_date,
        portfolio_id,
        nav_base,
        case when status = 'missing' then reason end as reason_without_nav
    from {{ ref('fct_portfolio_returns') }}
    where {{ is_in_session_range('business_date') }}
),

sums as (
    select
        business_date,
        portfolio_id,
        dimension,
        bucket,
        max(reason) as reason,
        max(warning) as warning,
        sum(case when market_value_base > 0 then market_value_base else 0 end) as long_base,
        sum(case when market_value_base < 0 then market_value_base else 0 end) as short_base
    from by_dimension
    group by business_date, portfolio_id, dimension, bucket
)

select
    sums.business_date,
    sums.portfolio_id,
    sums.dimension,
    sums.bucket,
    case when sums.reason is null then {{ money('sums.long_base') }} end as long_base,
    case when sums.reason is null then {{ money('sums.short_base') }} end as short_base,
    case when sums.reason is null then {{ money('sums.long_base - sums.short_base') }} end as gross_base,
    case when sums.reason is null then {{ money('sums.long_base + sums.short_base') }} end as net_base,
    case
        when sums.reason is null and returns.nav_base > 0
            then {{ rate(safe_divide('sums.long_base + sums.short_base', 'returns.nav_base')) }}
    end as weight_rate,
    case
        when sums.reason is not null then 'missing'
        when returns.nav_base is null or returns.nav_base <= 0 or sums.warning is not null then 'warning'
        else 'ok'
    end as status,
    coalesce(
        sums.reason,
        returns.reason_without_nav,
        case when returns.nav_base is null or returns.nav_base <= 0 then 'no positive net asset value' end,
        sums.warning
    ) as reason
from sums
left join returns
    on
        sums.business_date = returns.business_date
        and sums.portfolio_id = returns.portfolio_id
