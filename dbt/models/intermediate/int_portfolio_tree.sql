{#- One join a level instead of a recursion, which not every engine has; a test finds a deeper tree. -#}
{%- set max_depth = var('max_tree_depth') -%}
with depth_0 as (
    select
        portfolio_id as ancestor_portfolio_id,
        portfolio_id
    from {{ ref('stg_portfolios') }}
),
{% for depth in range(1, max_depth + 1) %}
    depth_{{ depth }} as (
        select
            above.ancestor_portfolio_id,
            portfolios.portfolio_id
        from {{ ref('stg_portfolios') }} as portfolios
        inner join depth_{{ depth - 1 }} as above
            on portfolios.parent_portfolio_id = above.portfolio_id
    ){{ "," if not loop.last }}
{% endfor %}
{% for depth in range(max_depth + 1) %}
    select
        ancestor_portfolio_id,
        portfolio_id,
        cast({{ depth }} as bigint) as depth
    from depth_{{ depth }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
