{#-
    A row with status ok has the value and no reason; a row with status missing has a reason and no value;
    a row with status warning has a reason. No other status exists.
-#}
{% test value_or_reason(model, value_columns) %}
select *
from {{ model }}
where
    status not in ('ok', 'warning', 'missing')
    or status is null
    or (status = 'ok' and reason is not null)
    or (status in ('warning', 'missing') and reason is null)
    {% for column in value_columns %}
        or (status = 'ok' and {{ column }} is null)
        or (status = 'missing' and {{ column }} is not null)
    {% endfor %}
{% endtest %}
