{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with sessions as (
    select * from {{ ref('int_range_sessions') }}
    where is_in_range
),

rates as (
    select * from {{ ref('int_base_rates') }}
),

sectors as (
    select
        instrument_id,
        coalesce(sector, instrument_type) as sector
    from {{ ref('stg_instruments') }}
),

nodes as (
    select
        returns.business_date,
        returns.portfolio_id,
        portfolios.benchmark_id,
        benchmarks.currency as benchmark_currency,
        {{ rate(safe_divide('today.fx_rate', 'before.fx_rate')) }} as fx_change_ratio
    from {{ ref('fct_portfolio_returns') }} as returns
    inner join sessions
        on returns.business_date = sessions.business_date
    inner join {{ ref('stg_portfolios') }} as portfolios
        on
            returns.portfolio_id = portfolios.portfolio_id
            and portfolios.benchmark_id is not null
    left join {{ ref('stg_benchmarks') }} as benchmarks
        on portfolios.benchmark_id = benchmarks.benchmark_id
    left join rates as today
        on
            sessions.business_date = today.business_date
            and benchmarks.currency = today.currency
            and portfolios.base_currency = today.base_currency
    left join rates as before
        on
            sessions.previous_business_date = before.business_date
            and benchmarks.currency = before.currency
            and portfolios.base_currency = before.base_currency
    where {{ is_in_session_range('returns.business_date') }}
),

held as (
    select
        contributions.business_date,
        contributions.portfolio_id,
        coalesce(sectors.sector, 'unclassified') as sector,
        cast(sum(contributions.weight_rate) as double precision) as weight,
        cast(sum(contributions.contribution_rate) as double precision) as contribution,
        max(case when contributions.status = 'missing' then contributions.reason end) as reason,
        max(case when contributions.status = 'warning' then contributions.reason end) as warning
    from {{ ref('fct_contributions') }} as contributions
    left join sectors
        on contributions.instrument_id = sectors.instrument_id
    where {{ is_in_session_range('contributions.business_date') }}
    group by
        contributions.business_date,
        contributions.portfolio_id,
        coalesce(sectors.sector, 'unclassified')
),

constituents as (
    select
        nodes.business_date,
        nodes.portfolio_id,
        coalesce(sectors.sector, 'unclassified') as sector,
        sum(cast(constituents.weight as double precision)) as weight,
        sum(
            cast(constituents.weight as double precision)
            * ((1 + constituents.return_rate) * cast(nodes.fx_change_ratio as double precision) - 1)
        ) as contribution,
        max(
            case
                when constituents.reason is not null then constituents.reason
                when nodes.fx_change_ratio is null
                    then
                        'no change of the exchange rate of ' || nodes.benchmark_currency
                        || ' to ' || cast(nodes.business_date as varchar(10))
            end
        ) as reason
    from nodes
    inner join {{ ref('int_benchmark_constituents') }} as constituents
        on
            nodes.business_date = constituents.business_date
            and nodes.benchmark_id = constituents.benchmark_id
    left join sectors
        on constituents.instrument_id = sectors.instrument_id
    group by nodes.business_date, nodes.portfolio_id, coalesce(sectors.sector, 'unclassified')
),

benchmarks as (
    select
        business_date,
        portfolio_id,
        sum(contribution) as return_rate,
        max(reason) as reason
    from constituents
    group by business_date, portfolio_id
),

keys as (
    select
        nodes.business_date,
        nodes.portfolio_id,
        held.sector
    from nodes
    inner join held
        on
            nodes.business_date = held.business_date
            and nodes.portfolio_id = held.portfolio_id

    union

    select
        business_date,
        portfolio_id,
        sector
    from constituents
),

joined as (
    {#- A sector that the benchmark does not have returns what the benchmark returns; one that the
        portfolio does not have, what it returns in the benchmark. #}
    select
        keys.business_date,
        keys.portfolio_id,
        keys.sector,
        case when held.sector is null then 0 else held.weight end as wp,
        case when held.sector is null then 0 else held.contribution end as cp,
        coalesce(constituents.weight, 0) as wb,
        benchmarks.return_rate as benchmark_rate,
        case
            when coalesce(constituents.weight, 0) = 0 then benchmarks.return_rate
            else constituents.contribution / nullif(constituents.weight, 0)
        end as rb,
        case
            when held.reason is not null then held.reason
            when benchmarks.portfolio_id is null
                then 'no weights of the benchmark on ' || cast(keys.business_date as varchar(10))
            else benchmarks.reason
        end as reason,
        held.warning
    from keys
    left join held
        on
            keys.business_date = held.business_date
            and keys.portfolio_id = held.portfolio_id
            and keys.sector = held.sector
    left join constituents
        on
            keys.business_date = constituents.business_date
            and keys.portfolio_id = constituents.portfolio_id
            and keys.sector = constituents.sector
    left join benchmarks
        on
            keys.business_date = benchmarks.business_date
            and keys.portfolio_id = benchmarks.portfolio_id
),

measured as (
    select
        *,
        case when wp = 0 then rb else cp / nullif(wp, 0) end as rp
    from joined
)

select
    business_date,
    portfolio_id,
    sector,
    {{ rate('wp') }} as portfolio_weight_rate,
    {{ rate('wb') }} as benchmark_weight_rate,
    case when wp <> 0 and reason is null then {{ rate('rp') }} end as portfolio_return_rate,
    case when wb <> 0 and reason is null then {{ rate('rb') }} end as benchmark_return_rate,
    case when reason is null then {{ rate('(wp - wb) * (rb - benchmark_rate)') }} end as allocation_rate,
    {#- What a sector without a weight at the start of the day earned, by trades within it, was selected. #}
    case when reason is null then {{ rate('wb * (rp - rb) + case when wp = 0 then cp else 0 end') }} end
        as selection_rate,
    case when reason is null then {{ rate('(wp - wb) * (rp - rb)') }} end as interaction_rate,
    case
        when reason is not null then 'missing'
        when warning is not null then 'warning'
        else 'ok'
    end as status,
    coalesce(reason, warning) as reason
from measured
