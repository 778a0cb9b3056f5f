{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with valuations as (
    select
        business_date,
        instrument_id,
        delta,
        underlying_price_local
    from ({{ current_results('instrument_valuations') }}) as instrument_valuations
),

exposures as (
    select
        held.business_date,
        held.portfolio_id,
        held.instrument_id,
        held.instrument_type,
        held.currency,
        case
            when held.instrument_type = 'option'
                then
                    {{ money(
                        'held.quantity * held.multiplier * cast(round(valuations.delta'
                        ~ ' * coalesce(valuations.underlying_price_local, underlyings.price_local), 8)'
                        ~ ' as decimal(20, 8))'
                    ) }}
            {#- A future is worth nothing after the variation margin, but it moves like its price. #}
            when held.instrument_type = 'future'
                then {{ money('held.quantity * held.multiplier * held.price_local') }}
            else held.market_value_local
        end as exposure_local,
        case
            when held.instrument_type = 'option'
                then case
                    when valuations.delta is null
                        then
                            'no delta of ' || held.instrument_id
                            || ' on ' || cast(held.business_date as varchar(10))
                    when coalesce(valuations.underlying_price_local, underlyings.price_local) is null
                        then {{ no_price_reason(
                            "coalesce(terms.underlying_instrument_id, 'the underlying of ' || held.instrument_id)",
                            'held.business_date'
                        ) }}
                end
            when held.instrument_type = 'future'
                then case
                    when held.price_local is null
                        then {{ no_price_reason('held.instrument_id', 'held.business_date') }}
                end
            when held.status = 'missing' then held.reason
        end as reason
    from {{ ref('fct_position_values') }} as held
    left join valuations
        on
            held.business_date = valuations.business_date
            and held.instrument_id = valuations.instrument_id
    left join {{ ref('stg_option_terms') }} as terms
        on held.instrument_id = terms.instrument_id
    left join {{ ref('int_unit_values') }} as underlyings
        on
            held.business_date = underlyings.business_date
            and terms.underlying_instrument_id = underlyings.instrument_id
    where {{ is_in_session_range('held.business_date') }}
),

by_node as (
    select
        exposures.business_date,
        tree.ancestor_portfolio_id as portfolio_id,
        coalesce(exposures.instrument_type, 'unclassified') as asset_class,
        coalesce(instruments.country, 'unclassified') as country,
        coalesce(instruments.sector, 'unclassified') as sector,
        coalesce(exposures.currency, 'unclassified') as currency,
        {{ money('exposures.exposure_local * rates.fx_rate') }} as exposure_base,
        case
            when exposures.reason is not null then exposures.reason
            when rates.fx_rate is null
                then {{ no_rate_reason(
                    'exposures.currency', 'nodes.base_currency', 'exposures.business_date'
                ) }}
        end as reason,
        rates.warning
    from exposures
    inner join {{ ref('int_portfolio_tree') }} as tree
        on exposures.portfolio_id = tree.portfolio_id
    inner join {{ ref('stg_portfolios') }} as nodes
        on tree.ancestor_portfolio_id = nodes.portfolio_id
    left join {{ ref('stg_instruments') }} as instruments
        on exposures.instrument_id = instruments.instrument_id
    left join {{ ref('int_base_rates') }} as rates
        on
            exposures.business_date = rates.business_date
            and exposures.currency = rates.currency
            and nodes.base_currency = rates.base_currency
),

by_dimension as (
    {% for dimension in ['asset_class', 'country', 'sector', 'currency'] %}
        select
            business_date,
            portfolio_id,
            '{{ dimension }}' as dimension,
            {{ dimension }} as bucket,
            exposure_base,
            reason,
            warning
        from by_node
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

sums as (
    select
        business_date,
        portfolio_id,
        dimension,
        bucket,
        max(reason) as reason,
        max(warning) as warning,
        sum(case when exposure_base > 0 then exposure_base else 0 end) as long_base,
        sum(case when exposure_base < 0 then exposure_base else 0 end) as short_base
    from by_dimension
    group by business_date, portfolio_id, dimension, bucket
),

navs as (
    select
        business_date,
        portfolio_id,
        nav_base,
        case when status = 'missing' then reason end as reason_without_nav
    from {{ ref('fct_portfolio_returns') }}
    where {{ is_in_session_range('business_date') }}
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
        when sums.reason is null and navs.nav_base > 0
            then {{ rate(safe_divide('sums.long_base + sums.short_base', 'navs.nav_base')) }}
    end as weight_rate,
    case
        when sums.reason is not null then 'missing'
        when navs.nav_base is null or navs.nav_base <= 0 or sums.warning is not null then 'warning'
        else 'ok'
    end as status,
    coalesce(
        sums.reason,
        navs.reason_without_nav,
        case when navs.nav_base is null or navs.nav_base <= 0 then 'no positive net asset value' end,
        sums.warning
    ) as reason
from sums
left join navs
    on
        sums.business_date = navs.business_date
        and sums.portfolio_id = navs.portfolio_id
