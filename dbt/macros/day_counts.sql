{# Day counts of coupon periods, as `risk.day_counts` has them: days of a numerator whose year cancels out. #}

{% macro is_february_end(day) -%}
    (
        extract(month from {{ day }}) = 2
        and extract(month from {{ dbt.dateadd("day", 1, day) }}) = 3
    )
{%- endmacro %}

{% macro thirty_day_months(first_date, last_date, first_day, last_day) -%}
    cast(
        360 * (extract(year from {{ last_date }}) - extract(year from {{ first_date }}))
        + 30 * (extract(month from {{ last_date }}) - extract(month from {{ first_date }}))
        + ({{ last_day }}) - ({{ first_day }})
        as bigint
    )
{%- endmacro %}

{% macro day_capped(day) -%}
    case when extract(day from {{ day }}) > 30 then 30 else extract(day from {{ day }}) end
{%- endmacro %}

{% macro counted_days(day_count, first_date, last_date) -%}
    {%- set last_day = "extract(day from " ~ last_date ~ ")" -%}
    {%- set is_first_30 = "extract(day from " ~ first_date ~ ") >= 30" -%}
    case {{ day_count }}
        when '30/360'
            then {{ thirty_day_months(
                first_date,
                last_date,
                day_capped(first_date),
                "case when " ~ is_first_30 ~ " then " ~ day_capped(last_date) ~ " else " ~ last_day ~ " end"
            ) }}
        when '30/360 US'
            then {{ thirty_day_months(
                first_date,
                last_date,
                "case when " ~ is_february_end(first_date) ~ " then 30 else " ~ day_capped(first_date) ~ " end",
                "case when " ~ is_february_end(first_date) ~ " and " ~ is_february_end(last_date) ~ " then 30"
                ~ " when " ~ is_first_30 ~ " or " ~ is_february_end(first_date)
                ~ " then " ~ day_capped(last_date) ~ " else " ~ last_day ~ " end"
            ) }}
        when '30E/360'
            then {{ thirty_day_months(first_date, last_date, day_capped(first_date), day_capped(last_date)) }}
        else {{ days_between(first_date, last_date) }}
    end
{%- endmacro %}
