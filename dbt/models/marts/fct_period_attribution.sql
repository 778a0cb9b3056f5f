{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with chains as (
    select
        business_date,
        portfolio_id,
        period,
        n_sessions,
        return_rate,
        benchmark_return_rate,
        status,
        reason
    from {{ ref('fct_period_returns') }}
    where {{ is_in_same_year_as_range('business_date') }}
),

days as (
    {#- The first session of a node has no return, and takes no part in a period. #}
    select
        attribution.business_date,
        attribution.portfolio_id,
        attribution.sector,
        {%- for effect in ['allocation', 'selection', 'interaction'] %}
            case
                when chains.return_rate > -1 and chains.benchmark_return_rate > -1
                    then
                        cast(attribution.{{ effect }}_rate as double precision)
                        * {{ carino_factor('chains.return_rate', 'chains.benchmark_return_rate') }}
            end as log_{{ effect }},
        {%- endfor %}
        case
            when attribution.status = 'missing'
                then {{ broken_chain_reason(
                    'attribution', 'attribution.business_date', 'attribution.reason'
                ) }}
        end as break_reason
    from {{ ref('fct_attribution') }} as attribution
    inner join chains
        on
            attribution.business_date = chains.business_date
            and attribution.portfolio_id = chains.portfolio_id
            and chains.period = 'day'
            and chains.n_sessions = 1
    where {{ is_in_same_year_as_range('attribution.business_date') }}
),

items as (
    {% for period in ['month', 'quarter', 'year'] %}
        select
            days.portfolio_id,
            days.sector,
            '{{ period }}' as period,
            {{ period_start(period, 'days.business_date') }} as period_start,
            min(days.business_date) as first_date
        from days
        group by days.portfolio_id, days.sector, {{ period_start(period, 'days.business_date') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

period_chains as (
    {% for period in ['month', 'quarter', 'year'] %}
        select
            chains.*,
            {{ period_start(period, 'chains.business_date') }} as period_start
        from chains
        where chains.period = '{{ period }}'
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

expected as (
    {#- A sector that neither side has any more keeps its effects, at every session that follows. #}
    select
        period_chains.business_date,
        period_chains.portfolio_id,
        period_chains.period,
        period_chains.period_start,
        items.sector,
        period_chains.return_rate,
        period_chains.benchmark_return_rate,
        period_chains.status as chain_status,
        period_chains.reason as chain_reason,
        days.log_allocation,
        days.log_selection,
        days.log_interaction,
        days.break_reason
    from period_chains
    inner join items
        on
            period_chains.portfolio_id = items.portfolio_id
            and period_chains.period = items.period
            and period_chains.period_start = items.period_start
            and period_chains.business_date >= items.first_date
    left join days
        on
            period_chains.business_date = days.business_date
            and period_chains.portfolio_id = days.portfolio_id
            and items.sector = days.sector
),

running as (
    select
        *,
        {%- for effect in ['allocation', 'selection', 'interaction'] %}
            sum(log_{{ effect }}) {{ to_date_by(['portfolio_id', 'sector']) }} as sum_log_{{ effect }},
        {%- endfor %}
        min(break_reason) {{ to_date_by(['portfolio_id', 'sector']) }} as first_break_reason
    from expected
),

explained as (
    select
        *,
        case
            when chain_status = 'missing' then chain_reason
            when first_break_reason is not null then first_break_reason
            when benchmark_return_rate is null then coalesce(chain_reason, 'no return of the benchmark')
        end as missing_reason
    from running
    where {{ is_in_session_range('business_date') }}
)

select
    business_date,
    portfolio_id,
    period,
    sector,
    {%- for effect in ['allocation', 'selection', 'interaction'] %}
        case
            when missing_reason is null
                then {{ rate(
                    'sum_log_' ~ effect ~ ' / ('
                    ~ carino_factor('return_rate', 'benchmark_return_rate') ~ ')'
                ) }}
        end as {{ effect }}_rate,
    {%- endfor %}
    case
        when missing_reason is not null then 'missing'
        else chain_status
    end as status,
    coalesce(missing_reason, chain_reason) as reason
from explained
