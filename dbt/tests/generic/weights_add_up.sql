{#- The weights of each benchmark and effective date sum to 1, to the eighth place. -#}
{% test weights_add_up(model) %}
select
    benchmark_id,
    effective_date,
    sum(weight) as total_weight
from {{ model }}
group by benchmark_id, effective_date
having abs(sum(weight) - 1) > 0.00000001 * count(*)
{% endtest %}
