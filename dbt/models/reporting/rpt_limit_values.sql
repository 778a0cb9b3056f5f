{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with limits as (
    select
        sessions.business_date,
        limits.*
    from {{ ref('int_range_sessions') }} as sessions
    cross join {{ ref('stg_limits') }} as limits
    where sessions.is_in_range
),

navs as (
    select
        business_date,
        portfolio_id,
        nav_base,
        case when status = 'missing' then reason end as reason
    from {{ ref('fct_portfolio_returns') }}
    where {{ is_in_session_range('business_date') }}
),

tails as (
    select
        business_date,
        portfolio_id,
        metric || '_rate' as metric,
        cast(round(confidence * 1000) as bigint) as confidence_per_mille,
        value as amount_base,
        reason
    from ({{ current_results('risk_metrics') }}) as risk_metrics
    where method = 'historical'
),

exposures as (
    select
        business_date,
        portfolio_id,
        sum(gross_base) as gross_base,
        sum(net_base) as net_base,
        max(case when status = 'missing' then reason end) as reason
    from {{ ref('rpt_delta_exposures') }}
    where
        dimension = 'asset_class'
        {#- Money in the bank is no exposure. #}
        and bucket <> 'cash'
        and {{ is_in_session_range('business_date') }}
    group by business_date, portfolio_id
),

stress_results as (
    {{ current_results('stress_results') }}
),

stresses as (
    select
        limits.business_date,
        limits.limit_id,
        -min(stress_results.pnl) as amount_base,
        max(case when stress_results.status = 'missing' then stress_results.reason end) as reason
    from limits
    inner join stress_results
        on
            limits.business_date = stress_results.business_date
            and limits.portfolio_id = stress_results.portfolio_id
            and (limits.bucket is null or limits.bucket = stress_results.scenario_id)
    where limits.metric = 'stress_loss_rate'
    group by limits.business_date, limits.limit_id
),

held as (
    select
        positions.business_date,
        positions.portfolio_id,
        positions.instrument_id as instrument,
        coalesce(positions.instrument_type, 'unclassified') as asset_class,
        coalesce(instruments.country, 'unclassified') as country,
        coalesce(instruments.sector, 'unclassified') as sector,
        coalesce(positions.currency, 'unclassified') as currency,
        positions.market_value_base,
        case when positions.quantity <> 0 then positions.instrument_id end as held_instrument,
        {#- What is settled later is worth little or nothing, whatever it moves. #}
        case
            when positions.instrument_type in ('future', 'fx_forward') and positions.quantity <> 0
                then positions.instrument_id
        end as light_instrument,
        case when positions.market_value_base is null then positions.reason end as reason
    from {{ ref('rpt_positions') }} as positions
    left join {{ ref('stg_instruments') }} as instruments
        on positions.instrument_id = instruments.instrument_id
    where {{ is_in_session_range('positions.business_date') }}
),

weights as (
    {% for dimension in ['asset_class', 'country', 'sector', 'currency', 'instrument'] -%}
        select
            business_date,
            portfolio_id,
            '{{ dimension }}' as dimension,
            {{ dimension }} as bucket,
            sum(market_value_base) as amount_base,
            {#- Cash is nobody's largest position, but it has a currency. #}
            {% if dimension == 'currency' -%}
                sum(market_value_base) as invested_base,
            {%- else -%}
                sum(case when asset_class <> 'cash' then market_value_base end) as invested_base,
            {%- endif %}
            max(held_instrument) as held_instrument,
            max(light_instrument) as light_instrument,
            max(reason) as reason
        from held
        group by business_date, portfolio_id, {{ dimension }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

limited_weights as (
    select
        limits.business_date,
        limits.limit_id,
        case
            {#- A portfolio without the bucket has nothing in it; one that no instrument has is told below. #}
            when limits.bucket is not null
                then coalesce(sum(case when weights.bucket = limits.bucket then weights.amount_base end), 0)
            else coalesce(max(abs(weights.invested_base)), 0)
        end as amount_base,
        max(
            case
                when limits.bucket is null or weights.bucket = limits.bucket then weights.light_instrument
            end
        ) as light_instrument,
        {#- Nothing above 0 and nothing below: a prohibition, which longs and shorts that cancel break too. #}
        max(
            case
                when limits.upper = 0 and coalesce(limits.lower, 0) = 0 and weights.bucket = limits.bucket
                    then weights.held_instrument
            end
        ) as forbidden_instrument,
        max(
            case when limits.bucket is null or weights.bucket = limits.bucket then weights.reason end
        ) as reason
    from limits
    inner join weights
        on
            limits.business_date = weights.business_date
            and limits.portfolio_id = weights.portfolio_id
            and limits.dimension = weights.dimension
    where limits.metric = 'weight_rate'
    group by limits.business_date, limits.limit_id, limits.bucket
),

chains as (
    select
        business_date,
        portfolio_id,
        row_number() over (partition by portfolio_id order by business_date) as nth_session,
        return_rate,
        reason,
        sum(case when return_rate > -1 then ln(1 + cast(return_rate as double precision)) else 0 end) over (
            partition by portfolio_id
            order by business_date
            rows between unbounded preceding and current row
        ) as log_index,
        min(business_date) over (partition by portfolio_id) as first_date
    from {{ ref('fct_portfolio_returns') }}
    where business_date <= {{ last_session() }}
),

drawdowns as (
    select
        business_date,
        portfolio_id,
        first_date,
        log_index,
        greatest(
            0,
            max(log_index) over (
                partition by portfolio_id
                order by business_date
                rows between unbounded preceding and current row
            )
        ) as log_peak,
        {#- The first session of a portfolio has no return to chain; any other without one ends the chain. #}
        max(
            case
                when nth_session > 1 and (return_rate is null or return_rate <= -1)
                    then 'no return of ' || portfolio_id || ' on ' || cast(business_date as varchar(10))
            end
        ) over (
            partition by portfolio_id
            order by business_date
            rows between unbounded preceding and current row
        ) as reason
    from chains
),

first_dates as (
    select
        tree.ancestor_portfolio_id as portfolio_id,
        min(spans.first_date) as first_date
    from {{ ref('int_portfolio_tree') }} as tree
    inner join {{ ref('int_portfolio_spans') }} as spans
        on tree.portfolio_id = spans.portfolio_id
    group by tree.ancestor_portfolio_id
),

joined as (
    select
        limits.business_date,
        limits.limit_id,
        limits.portfolio_id,
        limits.metric,
        limits.confidence,
        limits.dimension,
        limits.bucket,
        limits.lower,
        limits.upper,
        limits.warning_rate,
        navs.nav_base,
        case
            when limits.metric in ('value_at_risk_rate', 'expected_shortfall_rate') then tails.amount_base
            when limits.metric = 'gross_exposure_rate' then exposures.gross_base
            when limits.metric = 'net_exposure_rate' then exposures.net_base
            when limits.metric = 'weight_rate' then limited_weights.amount_base
            when limits.metric = 'stress_loss_rate' then stresses.amount_base
        end as amount_base,
        1 - exp(drawdowns.log_index - drawdowns.log_peak) as drawdown_rate,
        case
            when limits.lower is null and limits.upper is null
                then 'limit ' || limits.limit_id || ' has neither lower nor upper'
            when portfolios.portfolio_id is null then 'unknown portfolio ' || limits.portfolio_id
            when limits.metric = 'weight_rate' and limits.dimension is null
                then 'limit ' || limits.limit_id || ' names no dimension'
            when limits.metric = 'weight_rate' and limits.bucket is not null and buckets.bucket is null
                then
                    'limit ' || limits.limit_id || ' names ' || limits.dimension || ' ' || limits.bucket
                    || ', which no instrument has'
            when
                limits.metric in ('value_at_risk_rate', 'expected_shortfall_rate')
                and limits.confidence is null
                then 'limit ' || limits.limit_id || ' names no confidence'
            when limits.metric = 'drawdown_rate' and drawdowns.portfolio_id is null
                then
                    'no returns of ' || limits.portfolio_id
                    || ' on ' || cast(limits.business_date as varchar(10))
            when limits.metric = 'drawdown_rate' then drawdowns.reason
            when navs.nav_base is null
                then coalesce(
                    navs.reason,
                    'no net asset value of ' || limits.portfolio_id
                    || ' on ' || cast(limits.business_date as varchar(10))
                )
            when navs.nav_base <= 0
                then
                    'net asset value of ' || limits.portfolio_id
                    || ' is not positive on ' || cast(limits.business_date as varchar(10))
            when
                limits.metric in ('value_at_risk_rate', 'expected_shortfall_rate')
                and tails.amount_base is null
                then coalesce(tails.reason, 'no risk results')
            when limits.metric = 'stress_loss_rate' and stresses.limit_id is null
                then coalesce('no results of stress scenario ' || limits.bucket, 'no stress results')
            when limits.metric = 'stress_loss_rate' then stresses.reason
            when limits.metric in ('gross_exposure_rate', 'net_exposure_rate') then exposures.reason
            when limits.metric = 'weight_rate' then limited_weights.reason
        end as missing_reason,
        limited_weights.forbidden_instrument,
        case
            when limits.metric in ('value_at_risk_rate', 'expected_shortfall_rate') then tails.reason
            when limited_weights.forbidden_instrument is not null
                then limited_weights.forbidden_instrument || ' is held, and this limit forbids it'
            when limited_weights.light_instrument is not null
                then
                    limited_weights.light_instrument
                    || ' weighs its market value only, not what it moves: limit the exposure too'
            when
                limits.metric = 'drawdown_rate'
                and {{ days_between('first_dates.first_date', 'drawdowns.first_date') }} > 14
                then
                    'drawdown since ' || cast(drawdowns.first_date as varchar(10))
                    || ', the first session with a return; positions go back to '
                    || cast(first_dates.first_date as varchar(10))
        end as reservation
    from limits
    left join {{ ref('stg_portfolios') }} as portfolios
        on limits.portfolio_id = portfolios.portfolio_id
    left join {{ ref('int_limit_buckets') }} as buckets
        on
            limits.dimension = buckets.dimension
            and limits.bucket = buckets.bucket
    left join navs
        on
            limits.business_date = navs.business_date
            and limits.portfolio_id = navs.portfolio_id
    left join tails
        on
            limits.business_date = tails.business_date
            and limits.portfolio_id = tails.portfolio_id
            and limits.metric = tails.metric
            and cast(round(cast(limits.confidence as double precision) * 1000) as bigint)
            = tails.confidence_per_mille
    left join exposures
        on
            limits.business_date = exposures.business_date
            and limits.portfolio_id = exposures.portfolio_id
    left join stresses
        on
            limits.business_date = stresses.business_date
            and limits.limit_id = stresses.limit_id
    left join limited_weights
        on
            limits.business_date = limited_weights.business_date
            and limits.limit_id = limited_weights.limit_id
    left join drawdowns
        on
            limits.business_date = drawdowns.business_date
            and limits.portfolio_id = drawdowns.portfolio_id
    left join first_dates
        on limits.portfolio_id = first_dates.portfolio_id
),

valued as (
    select
        joined.*,
        case
            when joined.missing_reason is not null then null
            when joined.metric = 'drawdown_rate' then {{ rate('joined.drawdown_rate') }}
            {#- Cash alone is no exposure; it has a net asset value all the same. #}
            else {{ rate(safe_divide('coalesce(joined.amount_base, 0)', 'joined.nav_base')) }}
        end as value_rate
    from joined
),

used as (
    select
        valued.*,
        case
            when valued.upper > 0 then {{ rate(safe_divide('valued.value_rate', 'valued.upper')) }}
        end as upper_use_rate,
        case
            when valued.lower < 0 then {{ rate(safe_divide('valued.value_rate', 'valued.lower')) }}
            when valued.lower > 0 and valued.value_rate > 0
                then {{ rate(safe_divide('valued.lower', 'valued.value_rate')) }}
        end as lower_use_rate
    from valued
),

judged as (
    select
        used.*,
        case
            when used.value_rate is null then null
            when coalesce(used.upper_use_rate, used.lower_use_rate) is null then null
            else greatest(coalesce(used.upper_use_rate, 0), coalesce(used.lower_use_rate, 0), 0)
        end as utilisation_rate
    from used
)

select
    business_date,
    limit_id,
    portfolio_id,
    metric,
    confidence,
    dimension,
    bucket,
    value_rate,
    lower,
    upper,
    warning_rate,
    {{ rate('utilisation_rate') }} as utilisation_rate,
    case
        when value_rate is null then 'missing'
        when value_rate > upper or value_rate < lower or forbidden_instrument is not null then 'breach'
        when utilisation_rate >= warning_rate then 'warning'
        else 'within'
    end as state,
    coalesce(missing_reason, reservation) as reason
from judged
