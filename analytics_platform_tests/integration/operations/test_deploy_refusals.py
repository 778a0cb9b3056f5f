"""What `analytics deploy` says of an account or a release that is not ready, and what it runs else."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from re import search

import pytest

from analytics_platform.cli.deploying.running import run_apply, run_plan
from analytics_platform_tests.integration.operations.deploying_clone import (
    ACCOUNT,
    NODE,
    REGION,
    Answer,
    Clone,
    error,
    fault,
    identity,
    ready_clone,
)

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_LANDING = f"HEAD /analytics-dev-landing-{ACCOUNT}-{REGION}"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clone]:
    with ready_clone(tmp_path, monkeypatch) as clone:
        yield clone


def _answers(call: str, answer: Answer) -> Callable[[Clone, pytest.MonkeyPatch], None]:
    return lambda clone, _: clone.account.answers.update({call: answer})


def _told(**variables: str) -> Callable[[Clone, pytest.MonkeyPatch], None]:
    def act(_: Clone, patch: pytest.MonkeyPatch) -> None:
        for name, value in variables.items():
            patch.setenv(name, value)

    return act


def _logged_out(clone: Clone, patch: pytest.MonkeyPatch) -> None:
    """Be somebody who logs in at a portal, and has not done so."""
    session = f"[sso-session desk]\nsso_region = {REGION}\nsso_start_url = {clone.endpoint}\n"
    profile = f"[profile desk]\nsso_session = desk\nsso_account_id = {ACCOUNT}\nsso_role_name = admin\n"
    _with_profile(clone, patch, session + profile)


def _without_program(clone: Clone, patch: pytest.MonkeyPatch) -> None:
    _with_profile(clone, patch, "[profile desk]\ncredential_process = false\n")


def _with_profile(clone: Clone, patch: pytest.MonkeyPatch, config: str) -> None:
    (clone.root.parent / "config").write_text(config, "utf-8")
    patch.setenv("AWS_PROFILE", "desk")
    for name in _KEYS:
        patch.delenv(name)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        pytest.param(
            _answers("GetCallerIdentity", error(403, "ExpiredToken", "The security token is expired")),
            r"the credentials are refused \(ExpiredToken\); log in anew with: aws sso login",
            id="expired credentials",
        ),
        pytest.param(
            _logged_out, r"there are no fresh credentials \(.*\); log in anew with: aws sso", id="logged out"
        ),
        pytest.param(
            _without_program,
            r"there are no fresh credentials \(.*\); log in anew with: aws sso",
            id="credentials of a program that fails",
        ),
        pytest.param(
            lambda _, patch: patch.delenv("AWS_SECRET_ACCESS_KEY"),
            "there are no credentials of AWS; log in with: aws sso login, and set AWS_PROFILE",
            id="half of the credentials",
        ),
        pytest.param(
            lambda _, patch: [patch.delenv(each) for each in _KEYS],
            "there are no credentials of AWS; log in with: aws sso login, and set AWS_PROFILE",
            id="no credentials",
        ),
        pytest.param(
            _told(AWS_PROFILE="nobody"),
            r"profile \(nobody\) could not be found; set AWS_PROFILE to one of: aws configure list-profiles",
            id="no such profile",
        ),
        pytest.param(
            _answers("GetCallerIdentity", identity("999988887777")),
            f"of account 999988887777, the environment is in {ACCOUNT}; set AWS_PROFILE to that one",
            id="wrong account",
        ),
        pytest.param(
            _told(AWS_REGION="us-west-1"),
            f"AWS_REGION is us-west-1, the environment is in {REGION}; unset it, or set it so",
            id="another region",
        ),
        pytest.param(
            _told(AWS_REGION=REGION, AWS_DEFAULT_REGION="us-west-1"),
            f"AWS_DEFAULT_REGION is us-west-1, the environment is in {REGION}; unset it, or set it so",
            id="another default region",
        ),
        pytest.param(
            _answers("GetParameter", fault("ParameterNotFound")),
            "are not bootstrapped; run: make bootstrap ENVIRONMENT=dev",
            id="no bootstrap",
        ),
        pytest.param(
            _answers("GetParameter", (200, json.dumps({"Parameter": {"Value": "7"}}))),
            "the bootstrap is of version 7, wanted is 8 or later; run: make bootstrap ENVIRONMENT=dev",
            id="old bootstrap",
        ),
        pytest.param(
            _answers("GetParameter", (200, json.dumps({"Parameter": {"Value": "mine"}}))),
            "the bootstrap is of version mine, wanted is 8 or later",
            id="bootstrap of somebody",
        ),
        pytest.param(
            _answers("GetParameter", fault("AccessDeniedException")),
            "AWS refuses to tell: .*GetParameter.*; take a role that may read what it names",
            id="a role that may not look",
        ),
        pytest.param(
            _answers(_LANDING, (403, "")),
            "the bucket analytics-dev-landing-.* is taken by another account, or closed to you; change the",
            id="a bucket of somebody else",
        ),
        pytest.param(
            _answers(_LANDING, (200, "")),
            "analytics-dev-landing-.* is there already, outside of analytics-dev-storage; import it",
            id="a bucket outside of the stack",
        ),
        pytest.param(
            _answers(_LANDING, (500, "")),
            "AWS refuses to tell: .*HeadBucket",
            id="a store that is out of order",
        ),
        pytest.param(
            _answers("ListStackResources", error(403, "AccessDenied", "not authorized")),
            "AWS refuses to tell: .*ListStackResources",
            id="a stack that is closed",
        ),
        pytest.param(
            _told(AWS_ENDPOINT_URL="http://127.0.0.1:9"),
            "AWS cannot be asked: .*; look at the network and at AWS_PROFILE",
            id="no network",
        ),
    ],
)
def test_an_account_that_is_not_ready_is_told(
    clone: Clone,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    broken: Callable[[Clone, pytest.MonkeyPatch], None],
    says: str,
) -> None:
    broken(clone, monkeypatch)
    assert search(says, line := clone.refusal(capfd)), line


def _release(clone: Clone) -> Path:
    file = clone.root.parent / "release.json"
    told = {"version": "1.2.0", "slim_image": f"sha256:{'3' * 64}"}
    archives = {"environment_archive": "1" * 64, "code_archive": "2" * 64}
    file.write_text(json.dumps({**told, **archives}), "utf-8")
    return file


def test_a_release_is_looked_for_kind_by_kind_and_its_image(
    clone: Clone, capfd: pytest.CaptureFixture[str]
) -> None:
    bucket = f"analytics-dev-archives-{ACCOUNT}-{REGION}"
    assert "not built; name the file of a release with: --release release.json" in clone.refusal(capfd, "dev")
    assert clone.account.asked == []
    release = _release(clone)
    for kind, digit in (("environment", "1"), ("code", "2")):
        key = f"archives/{kind}-{digit * 16}.tar.gz"
        line = clone.refusal(capfd, "dev", "storage", "api", release=release)
        assert f"s3://{bucket}/{key} of the release is missing" in line
        assert line.endswith(f"; put it there with: analytics package {kind} --upload s3://{bucket}/archives")
        clone.account.answers[f"HEAD /{bucket}/{key}"] = (403, "")
        assert "AWS refuses to tell: " in clone.refusal(capfd, "dev", "api", release=release)
        clone.account.answers[f"HEAD /{bucket}/{key}"] = (200, "")
    for gone in ("ImageNotFoundException", "RepositoryNotFoundException"):
        clone.account.answers["DescribeImages"] = fault(gone)
        line = clone.refusal(capfd, "dev", release=release)
        assert "is not in analytics-dev-slim; push it there with: make promote ENVIRONMENT=dev" in line
    clone.account.answers["DescribeImages"] = (200, "{}")
    assert run_apply("dev", release, [], lambda: False) == 1
    assert any(f" -c release={release}" in each for each in clone.ran if " synth " in each)


def test_a_shell_without_a_region_deploys_to_that_of_the_environment_once_it_was_asked(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "")  # as good as unset
    clone.node(node="v18.0.0")  # the oldest that fits
    assert run_plan("dev", None, []) == 0
    assert clone.commands() == ["synth", "diff"]
    assert run_apply("dev", None, ["storage"], lambda: False) == 1
    assert clone.commands() == ["synth", "diff"] * 2
    assert run_apply("dev", None, ["storage", "network"], lambda: True) == 0
    assert clone.commands()[4:] == ["synth", "diff", "deploy"]
    assert all(" -c environment=dev" in each for each in clone.ran if " synth " in each)
    assert clone.ran[-1].startswith(f"{REGION} {(clone.root / NODE).parent} 1 true ")
    assert clone.ran[-1].endswith(
        "--require-approval never --exclusively analytics-dev-storage analytics-dev-network"
    )
    assert clone.changes() == []


def test_a_deployment_that_fails_is_told_with_the_cure(
    clone: Clone, capfd: pytest.CaptureFixture[str]
) -> None:
    clone.node(fails="deploy")
    assert run_apply("dev", None, ["storage"], lambda: True) == 1
    last = capfd.readouterr().out.splitlines()[-1]
    assert last == (
        "analytics deploy: it was not deployed to its end; the reason stands above, or is told by: aws "
        "cloudformation describe-stack-events; mend that and apply again: what is done stays"
    )


@pytest.mark.parametrize(
    ("verb", "says"),
    [
        ("synth", "the stacks cannot be synthesised: no synth; see make lint-infra"),
        ("diff", "the changes cannot be told: no diff; mend that"),
    ],
)
def test_what_cannot_be_shown_is_not_deployed(
    clone: Clone, capfd: pytest.CaptureFixture[str], verb: str, says: str
) -> None:
    clone.node(fails=verb)
    assert run_apply("dev", None, ["storage"], lambda: True) == 2
    assert capfd.readouterr().out.splitlines()[-1] == f"analytics deploy: {says}"
    assert clone.commands()[-1] == verb


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_was_never_made_is_told_beside_the_comparison(
    clone: Clone, capfd: pytest.CaptureFixture[str], status: str
) -> None:
    member = (
        f"<member><StackName>analytics-dev-storage</StackName><StackStatus>{status}</StackStatus></member>"
    )
    result = f"<DescribeStacksResult><Stacks>{member}</Stacks></DescribeStacksResult>"
    clone.account.answers["DescribeStacks"] = (
        200,
        f"<DescribeStacksResponse>{result}</DescribeStacksResponse>",
    )
    assert run_plan("dev", None, ["storage"]) == 0
    told = (
        f"analytics-dev-storage failed when it was made ({status}): all of it is made, whatever differs above"
    )
    assert (told in capfd.readouterr().out) == status.startswith("ROLLBACK")


@pytest.mark.parametrize("status", ["DELETE_COMPLETE", "DELETE_SKIPPED"])
def test_a_bucket_that_a_stack_has_left_is_none_of_it(
    clone: Clone, capfd: pytest.CaptureFixture[str], status: str
) -> None:
    clone.account.answers[_LANDING] = (200, "")
    bucket = f"<PhysicalResourceId>{_LANDING.partition('/')[2]}</PhysicalResourceId>"
    for each, is_refused in ((status, True), ("CREATE_COMPLETE", False)):
        member = f"<member>{bucket}<ResourceStatus>{each}</ResourceStatus></member>"
        listed = f"<StackResourceSummaries>{member}</StackResourceSummaries>"
        result = f"<ListStackResourcesResult>{listed}</ListStackResourcesResult>"
        told = f"<ListStackResourcesResponse>{result}</ListStackResourcesResponse>"
        clone.account.answers["ListStackResources"] = (200, told)
        if is_refused:
            assert "is there already, outside of" in clone.refusal(capfd)
        else:
            assert run_plan("dev", None, ["storage"]) == 0


def test_whoever_may_not_see_a_stack_is_told_so_and_sees_the_plan(
    clone: Clone, capfd: pytest.CaptureFixture[str]
) -> None:
    clone.account.answers["DescribeStacks"] = error(403, "AccessDenied", "not authorized")
    for stacks, name in ((["storage"], "analytics-dev-storage"), ([], "analytics-dev-api")):
        assert run_plan("dev", None, stacks) == 0
        told = capfd.readouterr().out
        assert f"{name}: whether it failed before cannot be seen (An error occurred" in told
        assert told.count("whether it failed") == 1
    assert "Nothing is destroyed or replaced." in told
