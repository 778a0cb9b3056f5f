{#- Built whole each time, so that a session that is computed anew counts in all that follow it. -#}
{{ config(materialized='incremental', full_refresh=true, incremental_strategy='append') }}

with numbered as (
    select
        limit_values.*,
        sessions.session_number
        - row_number() over (
            partition by limit_values.limit_id, limit_values.state
            order by limit_values.business_date
        ) as stay
    from {{ ref('rpt_limit_values') }} as limit_values
    inner join {{ ref('stg_trading_sessions') }} as sessions
        on
            limit_values.business_date = sessions.business_date
            and sessions.calendar = '{{ var("calendar") }}'
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
    utilisation_rate,
    state,
    row_number() over (partition by limit_id, state, stay order by business_date) as n_sessions_in_state,
    reason
from numbered
