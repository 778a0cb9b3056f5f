merge into marts.days using stage_days on marts.days.business_date = stage_days.business_date
when matched then update set portfolio_id = stage_days.portfolio_id
when not matched then insert (business_date, portfolio_id) values (stage_days.business_date, stage_days.portfolio_id)
