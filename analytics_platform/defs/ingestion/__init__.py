"""Delivered tables: one asset a table, the sensor on the landing zone, the schedule of the day."""
