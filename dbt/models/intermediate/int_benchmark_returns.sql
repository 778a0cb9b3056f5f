{{ config(materialized='ephemeral') }}

select
    business_date,
    benchmark_id,
    case when max(reason) is null then {{ rate('sum(cast(weight as double precision) * return_rate)') }} end
        as return_rate,
    case when max(reason) is null then 'ok' else 'missing' end as status,
    max(reason) as reason
from {{ ref('int_benchmark_constituents') }}
group by business_date, benchmark_id
