grant usage on schema marts to group readers
