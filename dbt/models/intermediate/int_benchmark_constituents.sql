{{ config(materialized='ephemeral') }}

with effective as (
    select
        benchmark_id,
        effective_date,
        lead(effective_date) over (partition by benchmark_id order by effective_date) as next_effective_date
    from (
        select distinct
            benchmark_id,
            effective_date
        from {{ ref('stg_benchmark_weights') }}
    ) as effective_dates
),

weights as (
    select
        sessions.business_date,
        sessions.previous_business_date,
        weights.benchmark_id,
        weights.instrument_id,
        weights.weight
    from {{ ref('int_range_sessions') }} as sessions
    inner join effective
        on
            sessions.business_date >= effective.effective_date
            and (
                effective.next_effective_date is null
                or sessions.business_date < effective.next_effective_date
            )
    inner join {{ ref('stg_benchmark_weights') }} as weights
        on
            effective.benchmark_id = weights.benchmark_id
            and effective.effective_date = weights.effective_date
    where sessions.is_in_range
),

returns as (
    select
        business_date,
        instrument_id,
        total_return_rate
    from {{ ref('int_total_returns') }}
    where {{ is_in_session_range('business_date') }}
),

constituents as (
    select
        weights.business_date,
        weights.benchmark_id,
        weights.instrument_id,
        weights.weight,
        case when instruments.instrument_type = 'cash' then 0 else returns.total_return_rate end
            as local_return_rate,
        case
            when instruments.currency = benchmarks.currency then 1
            else {{ safe_divide(
                safe_divide('rates.rate_to_usd', 'benchmark_rates.rate_to_usd'),
                safe_divide('rates_before.rate_to_usd', 'benchmark_rates_before.rate_to_usd')
            ) }}
        end as fx_change_ratio
    from weights
    inner join {{ ref('stg_benchmarks') }} as benchmarks
        on weights.benchmark_id = benchmarks.benchmark_id
    left join {{ ref('stg_instruments') }} as instruments
        on weights.instrument_id = instruments.instrument_id
    left join returns
        on
            weights.business_date = returns.business_date
            and weights.instrument_id = returns.instrument_id
    left join {{ ref('int_fx_rates_by_session') }} as rates
        on
            weights.business_date = rates.business_date
            and instruments.currency = rates.currency
    left join {{ ref('int_fx_rates_by_session') }} as rates_before
        on
            weights.previous_business_date = rates_before.business_date
            and instruments.currency = rates_before.currency
    left join {{ ref('int_fx_rates_by_session') }} as benchmark_rates
        on
            weights.business_date = benchmark_rates.business_date
            and benchmarks.currency = benchmark_rates.currency
    left join {{ ref('int_fx_rates_by_session') }} as benchmark_rates_before
        on
            weights.previous_business_date = benchmark_rates_before.business_date
            and benchmarks.currency = benchmark_rates_before.currency
)

select
    business_date,
    benchmark_id,
    instrument_id,
    weight,
    (1 + cast(local_return_rate as double precision)) * cast(fx_change_ratio as double precision) - 1
        as return_rate,
    case
        when local_return_rate is null or fx_change_ratio is null
            then {{ no_return_reason('instrument_id', 'business_date') }}
    end as reason
from constituents
