{#- Only portfolios without others below them have rows. -#}
{% test portfolios_are_leaves(model) %}
select
    placed.portfolio_id,
    count(*) as n_rows,
    min(placed.delivery_id) as first_delivery_id
from {{ model }} as placed
inner join (
    select distinct parent_portfolio_id
    from {{ ref('stg_portfolios') }}
) as parents
    on placed.portfolio_id = parents.parent_portfolio_id
group by placed.portfolio_id
{% endtest %}
