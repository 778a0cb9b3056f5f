{{ config(materialized='ephemeral') }}

with sessions as (
    select
        business_date,
        previous_business_date
    from {{ ref('stg_trading_sessions') }}
    where calendar = '{{ var("calendar") }}'
),

spans as (
    select
        min(first_date) as first_date,
        max(last_date) as last_date
    from {{ ref('int_portfolio_spans') }}
),

in_range as (
    select
        sessions.business_date,
        sessions.previous_business_date
    from sessions
    cross join spans
    where
        {{ is_in_session_range('sessions.business_date') }}
        and sessions.business_date >= spans.first_date
        and (
            sessions.business_date <= spans.last_date
            or {{ last_session() }} < cast('9999-12-31' as date)
        )
)

select
    business_date,
    previous_business_date,
    true as is_in_range
from in_range

union all

select
    sessions.business_date,
    sessions.previous_business_date,
    false as is_in_range
from sessions
where sessions.business_date = (select min(in_range.previous_business_date) from in_range)
