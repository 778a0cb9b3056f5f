with prices as (
    select
        prices.business_date,
        prices.instrument_id,
        instruments.instrument_type,
        instruments.currency,
        instruments.multiplier,
        prices.price_type,
        prices.currency as price_currency,
        prices.close_local as price_local,
        prices.delivery_id,
        prices.row_number,
        row_number() over (
            partition by prices.business_date, prices.instrument_id
            order by
                case
                    when instruments.instrument_type = 'bond' and prices.price_type = 'clean' then 0
                    when instruments.instrument_type = 'future' and prices.price_type = 'settle' then 0
                    when prices.price_type = 'close' then 1
                    when prices.price_type = 'settle' then 2
                    else 3
                end asc,
                prices.known_at desc,
                prices.source asc
        ) as best_first
    from {{ ref('stg_prices') }} as prices
    inner join {{ ref('stg_instruments') }} as instruments
        on prices.instrument_id = instruments.instrument_id
    where
        instruments.instrument_type <> 'fx_forward'
        and (instruments.instrument_type <> 'bond' or prices.price_type = 'clean')
),

accrued as (
    select
        prices.business_date,
        prices.instrument_id,
        cast({{ safe_divide(
            'accruals.coupon_per_100 * '
            ~ counted_days('terms.day_count', 'accruals.accrual_start', 'prices.business_date'),
            counted_days('terms.day_count', 'accruals.accrual_start', 'accruals.accrual_end')
        ) }} as decimal(20, 12)) as accrued_local,
        {#- The share of the period that has passed, by the bond's own count of days: for ACT/ACT ICMA that
            holds in regular periods alone. No coupon, no interest. #}
        case
            when accruals.coupon_per_100 = 0 and terms.coupon_rate = 0 then null
            when
                coalesce(terms.day_count, '')
                not in ('ACT/ACT ICMA', 'ACT/360', 'ACT/365F', '30/360', '30/360 US', '30E/360')
                then {{ unsupported_accrual_reason(
                    'prices.instrument_id', "'day count ' || coalesce(terms.day_count, 'unknown')"
                ) }}
            when
                terms.day_count = 'ACT/ACT ICMA'
                and (
                    terms.coupon_frequency = 0
                    or abs(
                        accruals.coupon_per_100
                        - {{ safe_divide('terms.coupon_rate * 100', 'terms.coupon_frequency') }}
                    ) > 0.00000001
                )
                then {{ unsupported_accrual_reason('prices.instrument_id', "'irregular coupon period'") }}
        end as unsupported_reason
    from prices
    inner join {{ ref('stg_bond_accruals') }} as accruals
        on
            prices.instrument_id = accruals.instrument_id
            and prices.business_date >= accruals.accrual_start
            and prices.business_date < accruals.accrual_end
    left join {{ ref('stg_bond_terms') }} as terms
        on prices.instrument_id = terms.instrument_id
    where
        prices.best_first = 1
        and prices.instrument_type = 'bond'
),

checked as (
    select
        prices.*,
        case when accrued.unsupported_reason is null then accrued.accrued_local end as accrued_local,
        case
            when prices.price_currency <> prices.currency
                then {{ wrong_currency_reason(
                    'prices.instrument_id', 'prices.price_currency', 'prices.currency'
                ) }}
            when prices.instrument_type = 'bond' and accrued.accrued_local is null
                then {{ no_coupon_period_reason('prices.instrument_id', 'prices.business_date') }}
            when accrued.unsupported_reason is not null then accrued.unsupported_reason
            {#- The margin is paid by the settlement price: a close does not tell it. #}
            when prices.instrument_type = 'future' and prices.price_type <> 'settle'
                then {{ no_settlement_reason(
                    'prices.instrument_id', 'prices.business_date', 'prices.price_type'
                ) }}
        end as reason
    from prices
    left join accrued
        on
            prices.business_date = accrued.business_date
            and prices.instrument_id = accrued.instrument_id
    where prices.best_first = 1
)

select
    business_date,
    instrument_id,
    instrument_type,
    currency,
    multiplier,
    price_type,
    price_local,
    accrued_local,
    case
        when reason is not null then null
        when instrument_type = 'future' then {{ unit_value('0') }}
        when instrument_type = 'bond'
            then {{ unit_value('(price_local + accrued_local) * cast(0.01 as decimal(3, 2))') }}
        else {{ unit_value('price_local * multiplier') }}
    end as unit_value_local,
    case
        when instrument_type = 'future' and reason is null then {{ unit_value('price_local * multiplier') }}
    end as contract_value_local,
    reason,
    delivery_id,
    row_number
from checked

union all

{# No price tells the worth of a forward: rates and curves do. #}
select
    business_date,
    instrument_id,
    instrument_type,
    currency,
    multiplier,
    'model' as price_type,
    price_local,
    null as accrued_local,
    unit_value_local,
    null as contract_value_local,
    reason,
    null as delivery_id,
    null as row_number
from {{ ref('int_fx_forward_values') }}
