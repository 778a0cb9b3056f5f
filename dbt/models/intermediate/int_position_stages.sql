{{ config(materialized='ephemeral') }}

{#-
    The raw rows that hold are found in another way than staging does it: from the dates that rows have, not
    from the calendar. Raw and staged quantities are valued here, apart from the mart.
-#}
with sessions as (
    select business_date
    from {{ ref('int_range_sessions') }}
    where is_in_range
),

lake_positions as (
    select
        positions.business_date,
        positions.portfolio_id,
        positions.instrument_id,
        positions.book,
        positions.quantity,
        positions.source,
        positions.delivery_id
    from {{ source('lake', 'positions') }} as positions
    inner join sessions
        on positions.business_date = sessions.business_date
),

days as (
    select distinct
        source,
        business_date
    from lake_positions
),

newest_of_day as (
    select
        days.business_date,
        deliveries.delivery_id,
        row_number() over (
            partition by days.source, days.business_date
            order by deliveries.known_at desc, deliveries.delivery_id desc
        ) as newest_first
    from days
    inner join {{ source('lake', 'deliveries') }} as deliveries
        on
            days.source = deliveries.source
            and days.business_date between deliveries.first_date and deliveries.last_date
    where
        deliveries.table_name = 'positions'
        and deliveries.known_at <= {{ as_known_at() }}
),

held as (
    select
        'raw' as stage,
        lake_positions.business_date,
        lake_positions.portfolio_id,
        lake_positions.instrument_id,
        lake_positions.book,
        lake_positions.quantity
    from lake_positions
    inner join newest_of_day
        on
            lake_positions.delivery_id = newest_of_day.delivery_id
            and lake_positions.business_date = newest_of_day.business_date
            and newest_of_day.newest_first = 1

    union all

    select
        'staging' as stage,
        positions.business_date,
        positions.portfolio_id,
        positions.instrument_id,
        positions.book,
        positions.quantity
    from {{ ref('stg_positions') }} as positions
    inner join sessions
        on positions.business_date = sessions.business_date
),

units as (
    select
        held.*,
        instruments.currency,
        rates.fx_rate,
        case
            when instruments.instrument_type = 'cash' then {{ unit_value('1') }}
            else unit_values.unit_value_local
        end as unit_value_local,
        unit_values.contract_value_local
    from held
    left join {{ ref('stg_instruments') }} as instruments
        on held.instrument_id = instruments.instrument_id
    left join {{ ref('stg_portfolios') }} as portfolios
        on held.portfolio_id = portfolios.portfolio_id
    left join {{ ref('int_unit_values') }} as unit_values
        on
            held.business_date = unit_values.business_date
            and held.instrument_id = unit_values.instrument_id
    left join {{ ref('int_base_rates') }} as rates
        on
            held.business_date = rates.business_date
            and instruments.currency = rates.currency
            and portfolios.base_currency = rates.base_currency
)

select
    stage,
    business_date,
    portfolio_id,
    instrument_id,
    book,
    currency,
    quantity,
    unit_value_local,
    contract_value_local,
    fx_rate,
    {{ money(money('quantity * unit_value_local') ~ ' * fx_rate') }} as market_value_base
from units

union all

select
    'mart' as stage,
    business_date,
    portfolio_id,
    instrument_id,
    'ibor' as book,
    currency,
    quantity,
    cast(null as decimal(38, 14)) as unit_value_local,
    cast(null as decimal(38, 14)) as contract_value_local,
    fx_rate,
    market_value_base
from {{ ref('fct_position_values') }}
where {{ is_in_session_range('business_date') }}
