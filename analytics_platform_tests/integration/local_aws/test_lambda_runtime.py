"""Functions of the emulation: the code of their archive runs, in a process of its own."""

import json
from typing import Any

import pytest

from analytics_platform_tests.integration.local_aws.cluster import Cluster


def _invoke(cluster: Cluster, code: str, **settings: object) -> tuple[Any, str | None]:
    told = cluster.client("lambda").invoke(
        FunctionName=cluster.function(code, **settings), Payload=b'{"asked": 1}'
    )
    return json.loads(told["Payload"].read()), told.get("FunctionError")


def test_a_function_returns_what_its_handler_returns_whatever_it_prints(cluster: Cluster) -> None:
    code = "def handler(event, context):\n print('@@ noise')\n return [event, context.function_version]\n"
    assert _invoke(cluster, code) == ([{"asked": 1}, "$LATEST"], None)


def test_an_error_of_a_handler_has_its_name_and_text(cluster: Cluster) -> None:
    code = "class NoSuchDay(Exception): pass\ndef handler(event, context): raise NoSuchDay('1 May')\n"
    told, kind = _invoke(cluster, code)
    assert (told["errorType"], told["errorMessage"], kind) == ("NoSuchDay", "1 May", "Unhandled")


def test_an_error_of_a_handler_is_caught_by_its_name(cluster: Cluster) -> None:
    code = "class NoSuchDay(Exception): pass\ndef handler(event, context): raise NoSuchDay('1 May')\n"
    done = cluster.execute(
        cluster.machine(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": cluster.function(code), "Payload.$": "$"},
            }
        )
    )
    assert (done["status"], done["error"]) == ("FAILED", "NoSuchDay")


@pytest.mark.parametrize(
    ("body", "kind"),
    [("time.sleep(30)", "Sandbox.Timedout"), ("os._exit(1)", "Runtime.ExitError")],
    ids=["takes too long", "dies"],
)
def test_a_function_that_gives_no_answer_is_an_error(cluster: Cluster, body: str, kind: str) -> None:
    code = f"import os, time\ndef handler(event, context): {body}\n"
    told, unhandled = _invoke(cluster, code, Timeout=1)
    assert (told["errorType"], unhandled) == (kind, "Unhandled")


def test_a_function_sees_its_variables_and_no_credentials_but_those_of_nobody(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-a-real-account")
    monkeypatch.setenv("SOME_TOKEN", "of-a-real-account")
    code = "import os\ndef handler(event, context): return dict(os.environ)\n"
    told, _ = _invoke(cluster, code, Environment={"Variables": {"OWN": "value"}})
    assert (told["OWN"], told["AWS_ACCESS_KEY_ID"]) == ("value", "nobody")
    assert told["AWS_ENDPOINT_URL"] == cluster.cloud.endpoint
    assert "of-a-real-account" not in told.values()
