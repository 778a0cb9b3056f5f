"""A configuration of the Lambda functions as the package of them writes it."""

import json
from pathlib import Path

from analytics_platform.settings import Settings
from analytics_platform.triggers.due_list import DUE_LIST
from analytics_platform.triggers.lambda_package import known
from analytics_platform.triggers.lambdas.configuration import Configuration, read


def configuration(landing_url: str = "s3://landing/zone", due_list: Path = DUE_LIST) -> Configuration:
    """Return what the functions would know."""
    return read(json.dumps(known(Settings(landing_url=landing_url), due_list)).encode())
