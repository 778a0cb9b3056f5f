{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with sessions as (
    select
        business_date,
        previous_business_date
    from {{ ref('stg_trading_sessions') }}
    where calendar = '{{ var("calendar") }}'
),

range_sessions as (
    select business_date
    from {{ ref('int_range_sessions') }}
    where is_in_range
),

scheduled as (
    select
        accruals.instrument_id,
        accruals.accrual_end as ex_date,
        accruals.pay_date,
        instruments.currency,
        accruals.coupon_per_100,
        accruals.redemption_per_100
    from {{ ref('stg_bond_accruals') }} as accruals
    inner join {{ ref('stg_instruments') }} as instruments
        on accruals.instrument_id = instruments.instrument_id
),

{# A dividend goes to who holds at the close before its ex-date: the last one before it is paid. #}
dividends as (
    select
        flows.business_date as announced_date,
        flows.instrument_id,
        flows.pay_date,
        flows.amount_per_unit_local,
        flows.currency,
        max(actions.ex_date) as ex_date
    from {{ ref('stg_cash_flows') }} as flows
    left join {{ ref('stg_corporate_actions') }} as actions
        on
            flows.instrument_id = actions.instrument_id
            and actions.action_type = 'cash_dividend'
            and flows.pay_date >= actions.ex_date
            and actions.ex_date > {{ date_days_before('flows.pay_date', 120) }}
    where
        flows.flow_type = 'dividend'
        and flows.flow_status <> 'paid'
    group by
        flows.business_date,
        flows.instrument_id,
        flows.pay_date,
        flows.amount_per_unit_local,
        flows.currency
),

{# Of several announcements of one payment the newest that the session knows holds. #}
announced as (
    select
        range_sessions.business_date,
        dividends.*,
        row_number() over (
            partition by range_sessions.business_date, dividends.instrument_id, dividends.pay_date
            order by dividends.announced_date desc
        ) as newest_first
    from range_sessions
    inner join dividends
        on
            range_sessions.business_date >= dividends.announced_date
            and range_sessions.business_date < dividends.pay_date
),

payments as (
    {% for kind, column in [('coupon', 'coupon_per_100'), ('redemption', 'redemption_per_100')] -%}
        select
            range_sessions.business_date,
            scheduled.instrument_id,
            '{{ kind }}' as kind,
            scheduled.ex_date,
            scheduled.pay_date,
            scheduled.currency,
            scheduled.{{ column }} * cast(0.01 as decimal(3, 2)) as amount_per_unit_local
        from range_sessions
        inner join scheduled
            on range_sessions.business_date < scheduled.pay_date
        where scheduled.{{ column }} <> 0

        union all

    {% endfor -%}
    select
        business_date,
        instrument_id,
        'dividend' as kind,
        coalesce(ex_date, pay_date) as ex_date,
        pay_date,
        currency,
        amount_per_unit_local
    from announced
    where newest_first = 1
),

{# Whose holding decides: today's while the ex-date is to come, afterwards that of the close before it. #}
entitled as (
    select
        payments.business_date,
        payments.instrument_id,
        payments.kind,
        payments.ex_date,
        payments.pay_date,
        payments.currency,
        payments.amount_per_unit_local,
        case
            when payments.ex_date > payments.business_date then payments.business_date
            else max(sessions.business_date)
        end as holding_date
    from payments
    left join sessions
        on
            payments.ex_date > sessions.business_date
            and sessions.business_date >= {{ date_days_before('payments.ex_date', 14) }}
            and payments.ex_date <= payments.business_date
    group by
        payments.business_date,
        payments.instrument_id,
        payments.kind,
        payments.ex_date,
        payments.pay_date,
        payments.currency,
        payments.amount_per_unit_local
),

amounts as (
    select
        entitled.business_date,
        positions.portfolio_id,
        entitled.currency,
        entitled.kind,
        case
            when entitled.pay_date <= {{ dbt.dateadd('day', 7, 'entitled.business_date') }} then 1
            when entitled.pay_date <= {{ dbt.dateadd('month', 1, 'entitled.business_date') }} then 2
            when entitled.pay_date <= {{ dbt.dateadd('month', 3, 'entitled.business_date') }} then 3
            when entitled.pay_date <= {{ dbt.dateadd('year', 1, 'entitled.business_date') }} then 4
            when entitled.pay_date <= {{ dbt.dateadd('year', 5, 'entitled.business_date') }} then 5
            when entitled.pay_date <= {{ dbt.dateadd('year', 10, 'entitled.business_date') }} then 6
            else 7
        end as bucket_order,
        {{ money('positions.quantity * entitled.amount_per_unit_local') }} as amount_local
    from entitled
    inner join {{ ref('stg_positions') }} as positions
        on
            entitled.holding_date = positions.business_date
            and entitled.instrument_id = positions.instrument_id
            and positions.book = 'ibor'
            and positions.quantity <> 0
),

by_node as (
    select
        amounts.business_date,
        tree.ancestor_portfolio_id as portfolio_id,
        amounts.currency,
        amounts.bucket_order,
        amounts.kind,
        sum(amounts.amount_local) as amount_local
    from amounts
    inner join {{ ref('int_portfolio_tree') }} as tree
        on amounts.portfolio_id = tree.portfolio_id
    group by
        amounts.business_date,
        tree.ancestor_portfolio_id,
        amounts.currency,
        amounts.bucket_order,
        amounts.kind
),

delivered as (
    select distinct
        business_date,
        portfolio_id
    from {{ ref('stg_positions') }}
    where book = 'ibor'
),

{# A member that delivered nothing for the session is not in the sums: its node says so. #}
gaps as (
    select
        range_sessions.business_date,
        tree.ancestor_portfolio_id as portfolio_id,
        max({{ no_positions_reason('tree.portfolio_id', 'range_sessions.business_date') }}) as reason
    from range_sessions
    inner join {{ ref('int_portfolio_spans') }} as spans
        on range_sessions.business_date >= spans.first_date
    inner join {{ ref('int_portfolio_tree') }} as tree
        on spans.portfolio_id = tree.portfolio_id
    left join delivered
        on
            range_sessions.business_date = delivered.business_date
            and spans.portfolio_id = delivered.portfolio_id
    where delivered.portfolio_id is null
    group by range_sessions.business_date, tree.ancestor_portfolio_id
)

select
    by_node.business_date,
    by_node.portfolio_id,
    by_node.currency,
    case by_node.bucket_order
        when 1 then 'up to 1 week'
        when 2 then 'up to 1 month'
        when 3 then 'up to 3 months'
        when 4 then 'up to 1 year'
        when 5 then 'up to 5 years'
        when 6 then 'up to 10 years'
        else 'over 10 years'
    end as bucket,
    cast(by_node.bucket_order as bigint) as bucket_order,
    by_node.kind,
    {{ money('by_node.amount_local') }} as amount_local,
    {{ money('by_node.amount_local * rates.fx_rate') }} as amount_base,
    case
        when rates.fx_rate is null then 'missing'
        when rates.warning is not null or gaps.reason is not null then 'warning'
        else 'ok'
    end as status,
    case
        when rates.fx_rate is null
            then {{ no_rate_reason('by_node.currency', 'nodes.base_currency', 'by_node.business_date') }}
        else {{ joined_reasons(['gaps.reason', 'rates.warning']) }}
    end as reason
from by_node
inner join {{ ref('stg_portfolios') }} as nodes
    on by_node.portfolio_id = nodes.portfolio_id
left join {{ ref('int_base_rates') }} as rates
    on
        by_node.business_date = rates.business_date
        and by_node.currency = rates.currency
        and nodes.base_currency = rates.base_currency
left join gaps
    on
        by_node.business_date = gaps.business_date
        and by_node.portfolio_id = gaps.portfolio_id
