{#- Two columns hold the same number in every row. -#}
{% test numbers_agree(model, left, right) %}
select *
from {{ model }}
where
    {{ left }} is null
    or {{ right }} is null
    or {{ left }} <> {{ right }}
{% endtest %}
