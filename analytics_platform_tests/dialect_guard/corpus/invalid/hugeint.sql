-- found: type int128
select cast(volume as hugeint) as volume from lake.prices
