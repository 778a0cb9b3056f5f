{{ config(materialized='ephemeral') }}

{#-
    Each movement is two legs of the same rounded amount, one on the instrument and one on cash, so that
    the profit of the positions adds up to the profit of the portfolio to the last place.
-#}
with transactions as (
    select
        sessions.business_date,
        transactions.portfolio_id,
        transactions.instrument_id,
        transactions.transaction_type,
        transactions.quantity,
        transactions.net_amount_local as amount_local,
        transactions.currency,
        {#- The bond or the option ended: what was paid for it, before fees, is the worth of its last day. #}
        transactions.transaction_type in ('redemption', 'expiry')
        and transactions.currency = instruments.currency as is_end,
        coalesce(transactions.fees_local, 0) as fees_local
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ ref('int_range_sessions') }} as sessions
        on
            transactions.trade_date > sessions.previous_business_date
            and transactions.trade_date <= sessions.business_date
    left join {{ ref('stg_instruments') }} as instruments
        on transactions.instrument_id = instruments.instrument_id
    where
        sessions.is_in_range
        and {{ is_near_session_range('transactions.trade_date') }}
),

external_flows as (
    select
        sessions.business_date,
        flows.portfolio_id,
        flows.amount_local,
        flows.currency
    from {{ ref('stg_external_flows') }} as flows
    inner join {{ ref('int_range_sessions') }} as sessions
        on
            flows.flow_date > sessions.previous_business_date
            and flows.flow_date <= sessions.business_date
    where
        sessions.is_in_range
        and {{ is_near_session_range('flows.flow_date') }}
),

cash as (
    select
        currency,
        min(instrument_id) as instrument_id
    from {{ ref('stg_instruments') }}
    where instrument_type = 'cash'
    group by currency
),

legs as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        currency,
        quantity as quantity_change,
        case
            when transaction_type in ('dividend', 'coupon', 'interest') then 0
            else -amount_local
        end as trades_local,
        case
            when transaction_type in ('dividend', 'coupon', 'interest') then amount_local
            else 0
        end as income_local,
        case when is_end then -quantity else 0 end as ended_quantity,
        case when is_end then amount_local + fees_local else 0 end as ended_amount_local
    from transactions

    union all

    select
        transactions.business_date,
        transactions.portfolio_id,
        coalesce(cash.instrument_id, 'CASH_' || transactions.currency) as instrument_id,
        transactions.currency,
        transactions.amount_local as quantity_change,
        transactions.amount_local as trades_local,
        0 as income_local,
        0 as ended_quantity,
        0 as ended_amount_local
    from transactions
    left join cash
        on transactions.currency = cash.currency

    union all

    select
        external_flows.business_date,
        external_flows.portfolio_id,
        coalesce(cash.instrument_id, 'CASH_' || external_flows.currency) as instrument_id,
        external_flows.currency,
        external_flows.amount_local as quantity_change,
        external_flows.amount_local as trades_local,
        0 as income_local,
        0 as ended_quantity,
        0 as ended_amount_local
    from external_flows
    left join cash
        on external_flows.currency = cash.currency
),

converted as (
    select
        legs.business_date,
        legs.portfolio_id,
        legs.instrument_id,
        legs.quantity_change,
        legs.ended_quantity,
        legs.ended_amount_local,
        {{ money('legs.trades_local * rates.fx_rate') }} as trades_base,
        {{ money('legs.income_local * rates.fx_rate') }} as income_base,
        case
            when rates.fx_rate is null
                then {{ no_rate_reason('legs.currency', 'portfolios.base_currency', 'legs.business_date') }}
        end as reason
    from legs
    left join {{ ref('stg_portfolios') }} as portfolios
        on legs.portfolio_id = portfolios.portfolio_id
    left join {{ ref('int_base_rates') }} as rates
        on
            legs.business_date = rates.business_date
            and legs.currency = rates.currency
            and portfolios.base_currency = rates.base_currency
)

select
    business_date,
    portfolio_id,
    instrument_id,
    {{ money('sum(quantity_change)') }} as quantity_change,
    case when max(reason) is null then {{ money('sum(trades_base)') }} end as trades_base,
    case when max(reason) is null then {{ money('sum(income_base)') }} end as income_base,
    {{ money('sum(ended_quantity)') }} as ended_quantity,
    {{ money('sum(ended_amount_local)') }} as ended_amount_local,
    max(reason) as reason
from converted
group by business_date, portfolio_id, instrument_id
