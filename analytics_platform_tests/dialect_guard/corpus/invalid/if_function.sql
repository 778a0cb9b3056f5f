-- found: if()
select if(quantity > 0, 'long', 'short') as side from lake.positions
