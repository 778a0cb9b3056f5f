{{ config(materialized='ephemeral') }}

{#-
    Each movement is two legs of the same rounded amount, one on the instrument and one on cash, so that
    the profit of the positions adds up to the profit of the portfolio to the last place. So is the variation
    margin of a future: taken out of the future, paid into cash of its currency.
-#}
with settlements as (
    select
        business_date,
        instrument_id,
        contract_value_local
    from {{ ref('int_unit_values') }}
    where
        contract_value_local is not null
        and {{ is_near_session_range('business_date') }}
),

transactions as (
    select
        sessions.business_date,
        transactions.portfolio_id,
        transactions.instrument_id,
        transactions.transaction_type,
        transactions.trade_date,
        transactions.quantity,
        transactions.net_amount_local as amount_local,
        transactions.currency,
        instruments.currency as instrument_currency,
        instruments.instrument_type,
        {#- The bond or the option ended: what was paid for it, before fees, is the worth of its last day. #}
        transactions.transaction_type in ('redemption', 'expiry')
        and transactions.currency = instruments.currency as is_end,
        coalesce(transactions.fees_local, 0) as fees_local,
        case
            when instruments.instrument_type = 'future'
                then {{ unit_value('transactions.price_local * instruments.multiplier') }}
        end as contract_price_local
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

contracts as (
    {#- Each contract since it was last paid for: from the evening before, or from its trade. #}
    select
        sessions.business_date,
        positions.portfolio_id,
        positions.instrument_id,
        positions.quantity,
        settlements.contract_value_local as paid_local,
        case
            when settlements.contract_value_local is null
                then {{ no_price_reason('positions.instrument_id', 'sessions.previous_business_date') }}
        end as reason
    from {{ ref('stg_positions') }} as positions
    inner join {{ ref('int_range_sessions') }} as sessions
        on positions.business_date = sessions.previous_business_date
    inner join {{ ref('stg_instruments') }} as instruments
        on positions.instrument_id = instruments.instrument_id
    left join settlements
        on
            positions.business_date = settlements.business_date
            and positions.instrument_id = settlements.instrument_id
    where
        instruments.instrument_type = 'future'
        and positions.book = 'ibor'
        and positions.quantity <> 0
        and sessions.is_in_range
        and {{ is_near_session_range('positions.business_date') }}

    union all

    select
        transactions.business_date,
        transactions.portfolio_id,
        transactions.instrument_id,
        transactions.quantity,
        case
            when transactions.transaction_type = 'split' then 0
            {#- A contract that ends without a price of its own ends at the settlement of the day. #}
            when transactions.transaction_type = 'expiry'
                then coalesce(transactions.contract_price_local, settlements.contract_value_local)
            else transactions.contract_price_local
        end as paid_local,
        case
            when transactions.transaction_type = 'split' then null
            when transactions.currency <> transactions.instrument_currency
                then {{ wrong_trade_currency_reason(
                    'transactions.instrument_id', 'transactions.currency', 'transactions.instrument_currency'
                ) }}
            when
                transactions.contract_price_local is null
                and (transactions.transaction_type <> 'expiry' or settlements.contract_value_local is null)
                then {{ no_trade_price_reason('transactions.instrument_id', 'transactions.trade_date') }}
        end as reason
    from transactions
    left join settlements
        on
            transactions.business_date = settlements.business_date
            and transactions.instrument_id = settlements.instrument_id
    where
        transactions.instrument_type = 'future'
        and transactions.quantity <> 0
),

paid as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        sum(quantity) as quantity,
        sum({{ money('quantity * paid_local') }}) as paid_local,
        max(reason) as reason
    from contracts
    group by business_date, portfolio_id, instrument_id
),

margins as (
    {#- Contracts that are gone need no price of the evening: their trades say it all. #}
    select
        paid.business_date,
        paid.portfolio_id,
        paid.instrument_id,
        instruments.currency,
        coalesce(
            paid.reason,
            case
                when paid.quantity <> 0 and settlements.contract_value_local is null
                    then {{ no_price_reason('paid.instrument_id', 'paid.business_date') }}
            end
        ) as reason,
        case
            when paid.reason is not null then null
            when paid.quantity = 0 then {{ money('-paid.paid_local') }}
            else {{ money(money('paid.quantity * settlements.contract_value_local') ~ ' - paid.paid_local') }}
        end as margin_local
    from paid
    inner join {{ ref('stg_instruments') }} as instruments
        on paid.instrument_id = instruments.instrument_id
    left join settlements
        on
            paid.business_date = settlements.business_date
            and paid.instrument_id = settlements.instrument_id
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
        case
            when is_end and instrument_type = 'future' then {{ money('-quantity * contract_price_local') }}
            when is_end then amount_local + fees_local
            else 0
        end as ended_amount_local,
        cast(null as varchar) as reason
    from transactions

    union all

    select
        business_date,
        portfolio_id,
        instrument_id,
        currency,
        0 as quantity_change,
        -margin_local as trades_local,
        0 as income_local,
        0 as ended_quantity,
        0 as ended_amount_local,
        reason
    from margins

    union all

    select
        margins.business_date,
        margins.portfolio_id,
        coalesce(cash.instrument_id, 'CASH_' || margins.currency) as instrument_id,
        margins.currency,
        margins.margin_local as quantity_change,
        margins.margin_local as trades_local,
        0 as income_local,
        0 as ended_quantity,
        0 as ended_amount_local,
        margins.reason
    from margins
    left join cash
        on margins.currency = cash.currency

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
        0 as ended_amount_local,
        cast(null as varchar) as reason
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
        0 as ended_amount_local,
        cast(null as varchar) as reason
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
            when legs.reason is not null then legs.reason
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
    case when count(quantity_change) = count(*) then {{ money('sum(quantity_change)') }} end
        as quantity_change,
    case when max(reason) is null then {{ money('sum(trades_base)') }} end as trades_base,
    case when max(reason) is null then {{ money('sum(income_base)') }} end as income_base,
    {{ money('sum(ended_quantity)') }} as ended_quantity,
    {{ money('sum(ended_amount_local)') }} as ended_amount_local,
    max(reason) as reason
from converted
group by business_date, portfolio_id, instrument_id
