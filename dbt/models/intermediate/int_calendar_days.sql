with digits as (
    {%- for digit in range(10) %}
        select {{ digit }} as digit
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

numbers as (
    select
        ones.digit
        + 10 * tens.digit
        + 100 * hundreds.digit
        + 1000 * thousands.digit
        + 10000 * ten_thousands.digit as number_of_days
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
),

bounds as (
    select
        min(first_date) as first_date,
        max(last_date) as last_date
    from {{ source('lake', 'deliveries') }}
    where table_name in ({{ dated_tables() }})
)

select cast({{ dbt.dateadd('day', 'numbers.number_of_days', 'bounds.first_date') }} as date) as business_date
from numbers
inner join bounds
    on numbers.number_of_days <= {{ days_between('bounds.first_date', 'bounds.last_date') }}
