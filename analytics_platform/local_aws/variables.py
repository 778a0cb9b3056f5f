"""The variables of processes that the emulation starts: nothing of a real account may be among them."""

import os
import re

_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE_KEY|API_KEY", re.IGNORECASE)
_OWN = ("ANALYTICS_", "DAGSTER_", "PG")


def of_emulation(endpoint: str, region: str) -> dict[str, str]:
    """Return the variables with which AWS clients speak to the emulation and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MOTO_PORT": endpoint.rpartition(":")[2],
    }


def inherited() -> dict[str, str]:
    """Return the variables of this process that a process of the emulation may see.

    A container would see none of them. What belongs to the platform is kept, as tests and developers set it;
    what speaks of AWS, or by its name holds a secret of somebody else, is not.
    """
    return {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - passed on, not read
        if not name.startswith("AWS_") and (name.startswith(_OWN) or not _SECRET.search(name))
    }


def forget_account() -> None:
    """Take from this process what speaks of a real account, before anything can look at it.

    The emulation asks botocore for its regions when it is imported, which fails for a profile without file.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:  # noqa: TID251 - taken away
        del os.environ[name]  # noqa: TID251 - taken away
