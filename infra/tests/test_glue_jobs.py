"""The list of Glue jobs: what can be wrong with it is told in one line that names job and key."""

from pathlib import Path

import pytest

from infra.glue.jobs import JobsError, read_jobs


def test_the_list_in_the_repository_is_right() -> None:
    assert [job.dataset for job in read_jobs()] == ["prices"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "jobs: Field required", id="no jobs"),
        pytest.param('[[jobs]]\nname = "prices"', r"jobs\.0\.dataset: Field required", id="no dataset"),
        pytest.param(
            '[[jobs]]\nname = "a1"\ndataset = "pricess"', "'pricess' has no history by date", id="dataset"
        ),
        pytest.param(
            '[[jobs]]\nname = "a1"\ndataset = "currencies"', "name one of .*prices", id="reference data"
        ),
        pytest.param(
            '[[jobs]]\nname = "a1"\ndataset = "prices"\nworkers = 1',
            "greater than or equal to 2",
            id="only a driver",
        ),
        pytest.param(
            '[[jobs]]\nname = "a1"\ndataset = "prices"\nworker = 3', r"jobs\.0\.worker: Extra", id="typo"
        ),
        pytest.param(
            '[[jobs]]\nname = "a1"\ndataset = "prices"\n' * 2, "a1 is there more than once", id="twice"
        ),
        pytest.param("jobs = [", "cannot be read", id="no TOML"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "jobs.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(JobsError, match=told) as refused:
        read_jobs(file)
    assert "\n" not in str(refused.value)
    assert "mend it" in str(refused.value)
