{#
    Long, short, gross and net of a relation of position exposures over the tree and by dimension: what market value
    and delta exposures share. The relation has business_date, portfolio_id, instrument_id, instrument_type, currency,
    exposure_local and reason, of the sessions that are built. What is weighed over the net asset value is the
    exposure, unless another column is named.
#}
{% macro exposures_by_dimension(relation, weighed='exposure_local') -%}
by_node as (
    select
        positions.business_date,
        tree.ancestor_portfolio_id as portfolio_id,
        coalesce(positions.instrument_type, 'unclassified') as asset_class,
        coalesce(instruments.country, 'unclassified') as country,
        coalesce(instruments.sector, 'unclassified') as sector,
        coalesce(positions.currency, 'unclassified') as currency,
        {{ money('positions.exposure_local * rates.fx_rate') }} as exposure_base,
        {{ money('positions.' ~ weighed ~ ' * rates.fx_rate') }} as weighed_base,
        case
            when positions.reason is not null then positions.reason
            when rates.fx_rate is null
                then {{ no_rate_reason(
                    'positions.currency', 'nodes.base_currency', 'positions.business_date'
                ) }}
        end as reason,
        rates.warning
    from {{ relation }} as positions
    inner join {{ ref('int_portfolio_tree') }} as tree
        on positions.portfolio_id = tree.portfolio_id
    inner join {{ ref('stg_portfolios') }} as nodes
        on tree.ancestor_portfolio_id = nodes.portfolio_id
    left join {{ ref('stg_instruments') }} as instruments
        on positions.instrument_id = instruments.instrument_id
    left join {{ ref('int_base_rates') }} as rates
        on
            positions.business_date = rates.business_date
            and positions.currency = rates.currency
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
            weighed_base,
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
        sum(case when exposure_base < 0 then exposure_base else 0 end) as short_base,
        sum(weighed_base) as weighed_base
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
            then {{ rate(safe_divide('sums.weighed_base', 'navs.nav_base')) }}
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
{%- endmacro %}
