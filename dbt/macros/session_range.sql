{#- The business dates that this run builds, and how they replace what stood there. -#}

{% macro first_session() -%}
    cast('{{ var("first_session") }}' as date)
{%- endmacro %}

{% macro last_session() -%}
    cast('{{ var("last_session") }}' as date)
{%- endmacro %}

{#- True where a date is built by this run. -#}
{% macro is_in_session_range(date_column) -%}
    {{ date_column }} between {{ first_session() }} and {{ last_session() }}
{%- endmacro %}

{#- True where a date may be needed: sessions are never two weeks apart, so the one before is among them. -#}
{% macro is_near_session_range(date_column) -%}
    {{ date_column }} between {{ date_days_before(first_session(), 14) }} and {{ last_session() }}
{%- endmacro %}

{#-
    Incremental strategy `replace_sessions`: all rows of the range go, the new ones come, in one transaction.
    A date that lost all its rows is empty afterwards, which delete+insert by key would miss.
-#}
{% macro get_incremental_replace_sessions_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) -%}
    delete from {{ arg_dict["target_relation"] }}
    where {{ is_in_session_range("business_date") }};

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict["temp_relation"] }}
{% endmacro %}

{#- True where a date lies in a calendar year that the range touches. -#}
{% macro is_in_same_year_as_range(date_column) -%}
    {{ date_column }} >= cast('{{ (var("first_session") | string)[:4] }}-01-01' as date)
    and {{ date_column }} <= {{ last_session() }}
{%- endmacro %}
