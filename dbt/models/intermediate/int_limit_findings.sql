{{ config(materialized='ephemeral') }}

with faults as (
    select
        limits.limit_id,
        limits.portfolio_id,
        limits.delivery_id,
        limits.row_number,
        case
            when portfolios.portfolio_id is null
                then
                    'limit ' || limits.limit_id || ' names portfolio ' || limits.portfolio_id
                    || ', which nobody has delivered: correct the name, or deliver the portfolio'
        end as unknown_portfolio,
        case
            when limits.lower is null and limits.upper is null
                then 'limit ' || limits.limit_id || ' has neither lower nor upper: nothing is limited'
            when limits.lower > limits.upper
                then 'limit ' || limits.limit_id || ' has a lower bound above its upper: nothing is within it'
            when
                limits.metric in ('value_at_risk_rate', 'expected_shortfall_rate')
                and limits.confidence is null
                then 'limit ' || limits.limit_id || ' on ' || limits.metric || ' names no confidence'
            when limits.metric = 'weight_rate' and limits.dimension is null
                then 'limit ' || limits.limit_id || ' on a weight names no dimension'
        end as incomplete,
        case
            when limits.bucket is null or buckets.bucket is not null then null
            when limits.metric = 'stress_loss_rate'
                then
                    'limit ' || limits.limit_id || ' names stress scenario ' || limits.bucket
                    || ', which nobody has delivered: correct the name, or deliver the scenario'
            when limits.metric = 'weight_rate' and limits.dimension is not null
                then
                    'limit ' || limits.limit_id || ' names ' || limits.dimension || ' ' || limits.bucket
                    || ', which no instrument has: correct the name, or deliver an instrument with it'
        end as unknown_bucket
    from {{ ref('stg_limits') }} as limits
    left join {{ ref('stg_portfolios') }} as portfolios
        on limits.portfolio_id = portfolios.portfolio_id
    left join {{ ref('int_limit_buckets') }} as buckets
        on
            case limits.metric when 'stress_loss_rate' then 'stress_scenario' else limits.dimension end
            = buckets.dimension
            and limits.bucket = buckets.bucket
),

told as (
    {% for column in ['unknown_portfolio', 'incomplete', 'unknown_bucket'] -%}
        select
            'limit_{{ column }}' as check_name,
            portfolio_id,
            {{ column }} as message,
            delivery_id,
            row_number
        from faults
        where {{ column }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    sessions.business_date,
    told.check_name,
    'error' as severity,
    told.portfolio_id,
    told.message,
    told.delivery_id,
    told.row_number
from {{ ref('int_range_sessions') }} as sessions
cross join told
where sessions.is_in_range
