{#-
    The effects of a day, or of the periods up to it, sum to the active return: to 1e-10 and the rounding
    of each effect and day to 12 places. Nodes with effects that are missing are left out.
-#}
{% test attribution_sums_to_active_returns(model, period) %}
with effects as (
    select
        business_date,
        portfolio_id,
        {{ "'day'" if period == 'day' else 'period' }} as period,
        sum(allocation_rate + selection_rate + interaction_rate) as effect_rate,
        count(*) as n_rows
    from {{ model }}
    where {{ is_in_session_range('business_date') }}
    group by business_date, portfolio_id{{ '' if period == 'day' else ', period' }}
    having max(case when status = 'missing' then 1 else 0 end) = 0
)

select
    effects.*,
    returns.active_return_rate
from effects
left join {{ ref('fct_period_returns') }} as returns
    on
        effects.business_date = returns.business_date
        and effects.portfolio_id = returns.portfolio_id
        and effects.period = returns.period
where
    returns.active_return_rate is null
    or abs(effects.effect_rate - returns.active_return_rate)
    > 0.0000000001 + 0.000000000003 * effects.n_rows * returns.n_sessions
{% endtest %}
