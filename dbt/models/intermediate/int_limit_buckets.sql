{{ config(materialized='ephemeral') }}

with instruments as (
    select
        instrument_id as instrument,
        instrument_type as asset_class,
        country,
        sector,
        currency
    from {{ ref('stg_instruments') }}
),

buckets as (
    {% for dimension in ['asset_class', 'country', 'sector', 'currency', 'instrument'] -%}
        select
            '{{ dimension }}' as dimension,
            {{ dimension }} as bucket
        from instruments
        where {{ dimension }} is not null
        union
        {% if dimension != 'instrument' -%}
            {#- An instrument can turn up without it any day. #}
            select
                '{{ dimension }}' as dimension,
                'unclassified' as bucket
            union
        {% endif -%}
    {% endfor %}
    {#- What nobody has can be forbidden all the same. #}
    {% for country in country_codes() -%}
        select
            'country' as dimension,
            '{{ country }}' as bucket
        union
    {% endfor -%}
    {% for asset_class in asset_classes() -%}
        select
            'asset_class' as dimension,
            '{{ asset_class }}' as bucket
        union
    {% endfor -%}
    select
        'currency' as dimension,
        currency as bucket
    from {{ ref('stg_currencies') }}
    union
    select
        'stress_scenario' as dimension,
        scenario_id as bucket
    from {{ ref('stg_stress_shifts') }}
)

select
    dimension,
    bucket
from buckets
