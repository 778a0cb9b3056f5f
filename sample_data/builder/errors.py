"""What is raised when the sample is not as it must be."""


class SampleError(AssertionError):
    """Something in the sample is not as it must be."""


def require(holds: object, message: str) -> None:
    """Raise `SampleError` with the message unless the condition holds."""
    if not holds:
        raise SampleError(message)
