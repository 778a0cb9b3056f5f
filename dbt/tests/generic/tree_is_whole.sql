{#-
    Every portfolio hangs below exactly one top, in no more levels than the tree model joins: no cycle, no
    missing parent, nothing deeper.
-#}
{% test tree_is_whole(model) %}
select
    portfolios.portfolio_id,
    portfolios.parent_portfolio_id
from {{ ref('stg_portfolios') }} as portfolios
left join (
    select tree.portfolio_id
    from {{ model }} as tree
    inner join {{ ref('stg_portfolios') }} as tops
        on tree.ancestor_portfolio_id = tops.portfolio_id
    where tops.parent_portfolio_id is null
) as below_a_top
    on portfolios.portfolio_id = below_a_top.portfolio_id
where below_a_top.portfolio_id is null
{% endtest %}
