{{ config(materialized='ephemeral') }}

with currencies as (
    select currency from {{ ref('stg_instruments') }}
    union
    select base_currency as currency from {{ ref('stg_portfolios') }}
    union
    select currency from {{ ref('stg_transactions') }}
    union
    select currency from {{ ref('stg_external_flows') }}
    union
    select currency from {{ ref('stg_benchmarks') }}
),

bases as (
    select distinct base_currency from {{ ref('stg_portfolios') }}
),

pairs as (
    select
        sessions.business_date,
        currencies.currency,
        bases.base_currency
    from {{ ref('int_range_sessions') }} as sessions
    cross join currencies
    cross join bases
)

select
    pairs.business_date,
    pairs.currency,
    pairs.base_currency,
    case
        when pairs.currency = pairs.base_currency then {{ rate('1') }}
        else {{ rate(safe_divide('local_rates.rate_to_usd', 'base_rates.rate_to_usd')) }}
    end as fx_rate,
    case
        when pairs.currency = pairs.base_currency then null
        when local_rates.fixing_date <> pairs.business_date
            then {{ old_rate_reason('pairs.currency', 'local_rates.fixing_date') }}
        when base_rates.fixing_date <> pairs.business_date
            then {{ old_rate_reason('pairs.base_currency', 'base_rates.fixing_date') }}
    end as warning
from pairs
left join {{ ref('int_fx_rates_by_session') }} as local_rates
    on
        pairs.business_date = local_rates.business_date
        and pairs.currency = local_rates.currency
left join {{ ref('int_fx_rates_by_session') }} as base_rates
    on
        pairs.business_date = base_rates.business_date
        and pairs.base_currency = base_rates.currency
