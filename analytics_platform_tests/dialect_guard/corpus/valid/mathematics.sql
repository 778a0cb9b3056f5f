select
    round(exp(sum(ln(1 + return_rate))) - 1, 12) as chained,
    abs(min(return_rate)) as worst,
    sqrt(252) as annual,
    power(2, 10) as thousand,
    floor(max(return_rate)) as whole,
    mod(count(*), 7) as rest
from marts.returns
