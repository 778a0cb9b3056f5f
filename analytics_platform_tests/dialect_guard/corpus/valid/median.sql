select median(cast(value as double precision)) over (partition by portfolio_id) as middle from marts.returns
