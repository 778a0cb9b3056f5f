{#-
    Contributions of a day, or of the periods up to it, sum to the time-weighted return: to 1e-10 and the
    rounding of each to 12 places. Nodes with a contribution that is missing are left out.
-#}
{% test contributions_sum_to_returns(model, period) %}
with contributions as (
    select
        business_date,
        portfolio_id,
        {{ "'day'" if period == 'day' else 'period' }} as period,
        sum(contribution_rate) as contribution_rate,
        count(*) as n_rows
    from {{ model }}
    where {{ is_in_session_range('business_date') }}
    group by business_date, portfolio_id{{ '' if period == 'day' else ', period' }}
    having max(case when status = 'missing' then 1 else 0 end) = 0
)

select
    contributions.*,
    returns.return_rate
from contributions
left join {{ ref('fct_period_returns') }} as returns
    on
        contributions.business_date = returns.business_date
        and contributions.portfolio_id = returns.portfolio_id
        and contributions.period = returns.period
where
    returns.return_rate is null
    or abs(contributions.contribution_rate - returns.return_rate)
    > 0.0000000001 + 0.000000000001 * contributions.n_rows
{% endtest %}
