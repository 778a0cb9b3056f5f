create temp table stage_days (like marts.days)
