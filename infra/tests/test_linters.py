"""Linters are run on what is there, and that nothing is there is told."""

from infra.checks.linters import LINTERS, Linter, lint


def test_a_linter_tells_what_it_finds_and_where() -> None:
    schema = Linter(
        "schema", ("check-jsonschema", "--builtin-schema", "vendor.dependabot"), ("docker/compose.yaml",)
    )
    assert any("docker/compose.yaml" in line for line in lint(schema))


def test_that_there_is_nothing_to_look_at_is_a_finding() -> None:
    assert lint(Linter("nothing", ("actionlint",), ("nowhere/*.yml",))) == [
        "there is no nowhere/*.yml; put it back, or take the linter out"
    ]


def test_workflows_images_and_the_dev_container_are_looked_at() -> None:
    looked_at = {pattern for linter in LINTERS for pattern in linter.files}
    assert {
        ".codecatalyst/workflows/*.yaml",
        ".github/workflows/*.yml",
        "docker/*/Dockerfile",
        "docker/compose.yaml",
        ".devcontainer/devcontainer.json",
    } <= looked_at
