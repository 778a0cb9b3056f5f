{#-
    Which rows of the lake are current. Deliveries are append-only: the newest one that covers a date holds
    for that date, also where it has no row for it.
-#}

{% macro as_known_at() -%}
    cast('{{ var("as_known_at") }}' as timestamp)
{%- endmacro %}

{#- Rows of the current delivery of each source and date. -#}
{% macro current_rows(table_name, date_column) -%}
    select delivered.*
    from {{ source('lake', table_name) }} as delivered
    inner join {{ ref('int_current_deliveries') }} as current_deliveries
        on
            delivered.delivery_id = current_deliveries.delivery_id
            and delivered.{{ date_column }} = current_deliveries.business_date
            and current_deliveries.table_name = '{{ table_name }}'
{%- endmacro %}

{#- Rows of the current snapshot of each source. -#}
{% macro current_snapshot(table_name) -%}
    select delivered.*
    from {{ source('lake', table_name) }} as delivered
    inner join {{ ref('int_current_snapshots') }} as current_snapshots
        on
            delivered.delivery_id = current_snapshots.delivery_id
            and current_snapshots.table_name = '{{ table_name }}'
{%- endmacro %}

{#-
    Rows of the current run for each session, of a table that a Python asset computed. A run knew what was
    delivered before it started, or what it was told to know: of the runs that know no more than is asked
    for, the one that knows most holds, then the newest. So a rerun as of the past never hides today's run.
-#}
{% macro current_results(table_name) -%}
    select computed.*
    from {{ source('risk', table_name) }} as computed
    inner join (
        select
            sessions.business_date,
            deliveries.delivery_id,
            row_number() over (
                partition by sessions.business_date
                order by
                    least(deliveries.known_at, coalesce(manifests.as_known_at, deliveries.known_at)) desc,
                    deliveries.known_at desc,
                    deliveries.delivery_id desc
            ) as best_first
        from {{ source('lake', 'deliveries') }} as deliveries
        inner join {{ ref('int_range_sessions') }} as sessions
            on sessions.business_date between deliveries.first_date and deliveries.last_date
        left join {{ source('risk', 'run_manifests') }} as manifests
            on deliveries.delivery_id = manifests.run_id
        where
            deliveries.table_name = '{{ table_name }}'
            and least(deliveries.known_at, coalesce(manifests.as_known_at, deliveries.known_at))
            <= {{ as_known_at() }}
    ) as current_runs
        on
            computed.delivery_id = current_runs.delivery_id
            and computed.business_date = current_runs.business_date
    where
        current_runs.best_first = 1
        and {{ is_in_session_range('computed.business_date') }}
{%- endmacro %}
