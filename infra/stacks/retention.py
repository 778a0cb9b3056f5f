"""How long logs are kept, as CloudWatch takes it."""

from aws_cdk import aws_logs as logs

from infra.configuration import Configuration

_BY_DAYS = {
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def retention(config: Configuration) -> logs.RetentionDays:
    """Return the retention of an installation's log groups."""
    return _BY_DAYS[config.sizes.log_days]
