"""The name of a file is read exactly or refused with a right one."""

from datetime import date

import pytest

from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name


def test_a_name_with_one_date_declares_that_day() -> None:
    assert parse_file_name("positions/custodian-a_2013-02-28.xlsx") == DeliveryName(
        "positions", "custodian-a", date(2013, 2, 28), date(2013, 2, 28), "xlsx"
    )


def test_a_name_with_two_dates_declares_the_days_between() -> None:
    assert parse_file_name("prices/vendor1_2012-01-03_2013-03-01.csv.gz") == DeliveryName(
        "prices", "vendor1", date(2012, 1, 3), date(2013, 3, 1), "csv.gz"
    )


@pytest.mark.parametrize(
    "name", ["positions/custodian-a_2013-02-28.xlsx", "prices/vendor_2012-01-03_2013-03-01.csv.gz"]
)
def test_a_name_is_written_as_it_was_read(name: str) -> None:
    assert str(parse_file_name(name)) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("position/a_2013-02-28.csv", "no dataset 'position'; is one of these meant: positions"),
        ("deliveries/a_2013-02-28.csv", "no dataset 'deliveries'"),
        ("zzz/a_2013-02-28.csv", "benchmark_weights, benchmarks, bond_terms"),
        ("prices/a_2013-02-30.csv", "there is no date 2013-02-30"),
        ("prices/a_2013-03-01_2013-02-28.csv", "first date 2013-03-01 is after the last date 2013-02-28"),
        (
            "prices/a_2013-02-28.docx",
            "'.docx' is not one of .csv, .tsv, .csv.gz, .xlsx, .xls, .ods, .parquet, .jsonl, .jsonl.gz",
        ),
        ("prices/a_2013-02-28.CSV", "'.CSV' is not one of"),
        ("prices/a_2013-02-28.csv.exe", "'.csv.exe' is not one of"),
        ("prices/Vendor_2013-02-28.csv", "the source 'Vendor' may hold only lower-case"),
        ("prices/_2013-02-28.csv", "the source '' may hold only"),
        ("prices/vendor.csv", "does not tell dataset, source and date"),
        ("prices/a_28-02-2013.csv", "does not tell dataset, source and date"),
        ("prices/\u0661_2013-02-28.csv", "may hold only lower-case"),
        ("prices/a_\u0662013-02-28.csv", "does not tell dataset"),
        ("a_2013-02-28.csv", "does not tell dataset"),
        ("../prices/a_2013-02-28.csv", "does not tell dataset"),
        ("prices/sub/a_2013-02-28.csv", "does not tell dataset"),
        ("prices/a_2013-02-28.csv\n", "'.csv\\x0a' is not one of"),
        ("", "does not tell dataset"),
    ],
)
def test_a_wrong_name_is_refused_with_the_fault_and_a_right_name(name: str, message: str) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        parse_file_name(name)
    assert message in str(refused.value)
    assert "positions/custodian-a_2013-02-28.xlsx" in str(refused.value)


def test_all_faults_of_a_name_are_told_at_once() -> None:
    with pytest.raises(DeliveryRefused) as refused:
        parse_file_name("price/Vendor_2013-02-30.doc")
    assert refused.value.total == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("transactions/lab_0213-03-01.csv", "is before 1900-01-01", id="the year lost a digit"),
        pytest.param("prices/vendor_2014-03-03.csv", "more than 366 days after", id="a year too far"),
        pytest.param(
            "portfolios/office_2013-03-09.csv", "more than 7 days after", id="a snapshot of the future"
        ),
    ],
)
def test_a_date_that_can_only_be_mistyped_is_refused(name: str, message: str) -> None:
    with pytest.raises(DeliveryRefused, match=message):
        parse_file_name(name, date(2013, 3, 1))


def test_what_is_announced_ahead_may_be_dated_ahead() -> None:
    name = "corporate_actions/vendor_2013-03-01_2014-03-01.csv"
    assert parse_file_name(name, date(2013, 3, 1)).last_date == date(2014, 3, 1)
