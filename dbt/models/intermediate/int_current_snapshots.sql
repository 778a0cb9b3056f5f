with deliveries as (
    select
        table_name,
        source,
        delivery_id,
        last_date,
        known_at,
        known_at <= {{ as_known_at() }} as is_known,
        table_name in ({{ computed_snapshots() }}) as is_computed
    from {{ source('lake', 'deliveries') }}
    where table_name in ({{ delivered_snapshots() }}, {{ computed_snapshots() }})
),

ranked as (
    select
        table_name,
        source,
        delivery_id,
        row_number() over (
            partition by table_name, source
            order by
                case when is_known then 0 else 1 end,
                case when is_known then last_date end desc nulls last,
                case when is_known then known_at end desc nulls last,
                known_at,
                delivery_id desc
        ) as best_first
    from deliveries
    where is_known or is_computed
)

select
    table_name,
    source,
    delivery_id
from ranked
where best_first = 1
