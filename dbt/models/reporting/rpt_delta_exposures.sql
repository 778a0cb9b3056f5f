{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with valuations as (
    select
        business_date,
        instrument_id,
        "delta" as delta_rate,
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
                        'held.quantity * held.multiplier * cast(round(valuations.delta_rate'
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
                    when valuations.delta_rate is null
                        then
                            'no delta of ' || held.instrument_id
                            || ' on ' || cast(held.business_date as varchar(10))
                    when coalesce(valuations.underlying_price_local, underlyings.price_local) is null
                        then {{ no_price_reason(
                            "coalesce(terms.underlying_instrument_id, 'the underlying of ' || held.instrument_id)",
                            'held.business_date'
                        ) }}
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

{{ exposures_by_dimension('exposures') }}
