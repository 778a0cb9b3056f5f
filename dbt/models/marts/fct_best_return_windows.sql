{%- set sessions = var('return_window_sessions') -%}
with numbered as (
    select
        days.business_date,
        days.instrument_id,
        days.ticker,
        sessions.session_number,
        {#- A loss of everything has no logarithm: such a window has no return. #}
        case
            when days.total_return_rate > -1
                then ln(1 + cast(days.total_return_rate as double precision))
        end as log_return,
        case
            when days.raw_return_rate > -1
                then ln(1 + cast(days.raw_return_rate as double precision))
        end as raw_log_return
    from {{ ref('int_stock_days') }} as days
    inner join {{ ref('stg_trading_sessions') }} as sessions
        on
            days.business_date = sessions.business_date
            and sessions.calendar = '{{ var("calendar") }}'
),

windows as (
    select
        instrument_id,
        ticker,
        business_date as last_date,
        session_number,
        lag(business_date, {{ sessions }}) over (
            partition by instrument_id order by business_date
        ) as first_date,
        lag(session_number, {{ sessions }}) over (
            partition by instrument_id order by business_date
        ) as first_session_number,
        sum(log_return) over (
            partition by instrument_id order by business_date
            rows between {{ sessions - 1 }} preceding and current row
        ) as log_return,
        count(log_return) over (
            partition by instrument_id order by business_date
            rows between {{ sessions - 1 }} preceding and current row
        ) as n_returns,
        sum(raw_log_return) over (
            partition by instrument_id order by business_date
            rows between {{ sessions - 1 }} preceding and current row
        ) as raw_log_return
    from numbered
),

whole as (
    select
        instrument_id,
        ticker,
        first_date,
        last_date,
        cast(round(100 * (exp(log_return) - 1), 4) as decimal(20, 4)) as return_pct,
        cast(round(100 * (exp(raw_log_return) - 1), 4) as decimal(20, 4)) as raw_return_pct
    from windows
    where
        session_number - first_session_number = {{ sessions }}
        and n_returns = {{ sessions }}
),

ranked as (
    select
        whole.*,
        row_number() over (
            order by whole.return_pct desc, whole.last_date asc, whole.instrument_id asc
        ) as adjusted_rank,
        row_number() over (
            order by whole.raw_return_pct desc, whole.last_date asc, whole.instrument_id asc
        ) as raw_rank
    from whole
)

select
    'adjusted' as basis,
    cast(adjusted_rank as bigint) as window_rank,
    instrument_id,
    ticker,
    first_date,
    last_date,
    return_pct,
    raw_return_pct
from ranked
where adjusted_rank <= 3

union all

select
    'raw' as basis,
    cast(raw_rank as bigint) as window_rank,
    instrument_id,
    ticker,
    first_date,
    last_date,
    return_pct,
    raw_return_pct
from ranked
where raw_rank <= 3
