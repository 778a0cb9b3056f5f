{{ config(materialized='ephemeral') }}

{#- Dates that may stand for a session, so that readers join by equality: a range join takes far longer. -#}
with ages as (
    {%- for age in range(var('max_quote_age_days') + 1) %}
        select {{ age }} as quote_age_days
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select
    sessions.business_date,
    cast({{ dbt.dateadd('day', '-ages.quote_age_days', 'sessions.business_date') }} as date) as quote_date,
    ages.quote_age_days
from {{ ref('stg_trading_sessions') }} as sessions
cross join ages
where sessions.calendar = '{{ var("calendar") }}'
