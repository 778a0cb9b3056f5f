with recursive tree (portfolio_id, depth) as (
    select portfolio_id, 0 from lake.portfolios where parent_portfolio_id is null
    union all
    select p.portfolio_id, tree.depth + 1
    from lake.portfolios as p
    inner join tree on p.parent_portfolio_id = tree.portfolio_id
)

select portfolio_id, depth from tree
