-- found: no operator &&
select code from marts.codes where codes && others
