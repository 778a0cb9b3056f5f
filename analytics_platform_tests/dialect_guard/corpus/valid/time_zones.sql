select convert_timezone('UTC', 'America/New_York', known_at) as local_time, known_at at time zone 'UTC' as zoned
from lake.deliveries
