"""The emulated AWS as a server on loopback, with the patches in place. No resources are made here."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.core.config import default_user_config
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer

from analytics_platform.local_aws import (
    ecs_patches,
    event_patches,
    lambda_runtime,
    s3_patches,
    sqs_patches,
    step_function_patches,
    variables,
)
from analytics_platform.local_aws.versions import EmulationError, check_moto

REGION = "eu-west-1"
_STAYS = 10**9
"""Questions after which moto would move a task on by itself: only the local Fargate may."""


@contextmanager
def running_server(port: int = 0) -> Iterator[str]:
    """Serve S3, SQS, EventBridge, Step Functions, Lambda, ECS and more; give the address.

    Whoever uses the server from this process also needs `environment` of it, above all ``MOTO_PORT``: by it
    the emulated Step Functions finds the other services.

    Parameters
    ----------
    port : int
        Of 127.0.0.1; 0 takes a free one.

    Raises
    ------
    EmulationError
        If moto is not of the version that the patches are made for, or the port is taken.
    """
    check_moto()
    _check_free(port)
    install_patches()
    for noisy in ("werkzeug", "moto"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        host, number = server.get_host_and_port()
        yield f"http://{host}:{number}"
    finally:
        server.stop()
        lambda_runtime.end_all()


def _check_free(port: int) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"port {port} cannot be had: {error.strerror}; choose another, or 0 for a free one"
            raise EmulationError(message) from error


def install_patches() -> None:
    """Patch moto where it differs from AWS in what the platform uses; a second time changes nothing."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": _STAYS})
    for patches in (
        ecs_patches,
        step_function_patches,
        s3_patches,
        sqs_patches,
        event_patches,
        lambda_runtime,
    ):
        patches.install()


def environment(endpoint: str, region: str = REGION) -> dict[str, str]:
    """Return the variables with which AWS clients speak to the emulation and to nothing else."""
    return variables.of_emulation(endpoint, region)


def client(service: str, endpoint: str, region: str = REGION) -> "boto3.client":
    """Return a client of one service of the emulation."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",  # noqa: S106 - the emulation takes any
    )
