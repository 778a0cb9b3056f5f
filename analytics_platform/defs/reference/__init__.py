"""Reference data that the platform derives itself: trading sessions and coupon schedules."""
