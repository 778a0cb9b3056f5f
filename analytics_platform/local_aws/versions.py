"""Which version of moto the patches are made for, and its account. Nothing is patched here."""

from importlib.metadata import PackageNotFoundError, version

MOTO = "5.2.5"
ACCOUNT = "123456789012"
"""Number of the account that moto emulates."""


class EmulationError(RuntimeError):
    """The emulation cannot be had as it is asked for."""


def check_moto() -> None:
    """Refuse another moto than the patches are made for.

    Raises
    ------
    EmulationError
        If moto is missing or of another version.
    """
    try:
        found = version("moto")
    except PackageNotFoundError as error:
        message = "the emulation of AWS needs moto; install analytics-platform[local-aws]"
        raise EmulationError(message) from error
    if found != MOTO:
        message = (
            f"the patches of the emulation are made for moto {MOTO}, this is {found}; "
            f"install analytics-platform[local-aws]"
        )
        raise EmulationError(message)
