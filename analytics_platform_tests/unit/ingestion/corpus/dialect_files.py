"""Files that only a dialect makes readable: units, aliases, wide tables, totals, control totals."""

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform_tests.unit.ingestion.corpus.case import (
    A_PRICE,
    B_PRICE,
    HEADER,
    NAME,
    Case,
    Told,
    good,
    lines,
    refused,
    short,
)

CSV = f"{NAME}.csv"
PENCE = Dialect.model_validate(
    {"constants": {"price_type": "close"}, "minor_unit_columns": ["close_local"], "max_rejected_rows": 1}
)
WITH_CURRENCY = f"{HEADER},currency"
TOTAL = {"total_rows": "^Total", "total_columns": ["close_local"]}
GROUPS = short(**TOTAL, total_scope="since_last")
COUNTED = short(ignore_rows="^Summe", control={"rows": "^Summe;([0-9]+)$"})
POSITIONS = Dialect.model_validate(
    {
        "delimiter": ";",
        "header_row": 3,
        "decimal_mark": ",",
        "thousands_mark": ".",
        "ignore_rows": "^Ende",
        "constants": {"book": "custodian"},
        "control": {"rows": "Zeilen: ([0-9]+)", "sums": {"quantity": "B1", "cost_local": "Kosten;(.+)$"}},
    }
)
POSITIONS_TEXT = (
    "Summe;1.500,5;\nKosten;-3,25;\nbusiness_date;portfolio_id;instrument_id;quantity;cost_local\n"
    "2013-02-28;P;EQ_A;1.000,5;-1,25\n2013-02-28;P;EQ_B;500;-2\nEnde;Zeilen: 2\n"
)


def units() -> list[Case]:
    """Percent, pence, currencies that are minor units."""
    metrics = "business_date,portfolio_id,metric,confidence,horizon_days,value\n"
    return [
        good(
            "all prices in pence",
            lines("2013-02-28,EQ_A,1050", "2013-02-28,EQ_B,2025"),
            "csv",
            short(scale={"close_local": "0.01"}),
            "30.75",
        ),
        good(
            "pence by row",
            lines(
                "2013-02-28,EQ_A,1050,GBp",
                "2013-02-28,EQ_B,20.25,GBP",
                "2013-02-28,EQ_C,100,ZAc",
                header=WITH_CURRENCY,
            ),
            "csv",
            PENCE,
            "31.75",
            accepted=3,
        ),
        Case(
            "pence with too many decimals",
            lines("2013-02-28,EQ_A,1050,GBX", "2013-02-28,EQ_B,0.1234567,GBX", header=WITH_CURRENCY),
            CSV,
            PENCE,
            accepted=1,
            rejected=1,
            sums={"close_local": "10.5"},
            first=Told("more decimals than are kept", 3, "close_local", "0.1234567"),
        ),
        Case(
            "percent",
            (metrics + "2013-02-28,P,VaR,95%,1,7\n2013-02-28,P,ES,97.5,1,8\n").encode(),
            "vendor_risk_metrics/vendor_2013-02-28.csv",
            Dialect(percent=("confidence",)),
            accepted=2,
            sums={"confidence": "1.925", "value": "15"},
        ),
    ]


def headers() -> list[Case]:
    """Aliases, several header rows, wide tables, missing columns."""
    either = short(columns={"close_local": ["Last", "Close"]})
    wide = {
        "columns": {"business_date": "Date"},
        "unpivot": {"names_to": "instrument_id", "values_to": "close_local", "columns_matching": "^(.+) US$"},
    }
    two_rows = short(header_rows=2, columns={"close_local": "Price Close", "open_local": "Price Open"})
    top = "business_date,instrument_id,Price,\n,,Open,Close\n"
    return [
        good(
            "the second of two aliases",
            lines(A_PRICE, B_PRICE, header="business_date,instrument_id,Close"),
            "csv",
            either,
            "30.75",
        ),
        refused(
            "both aliases",
            lines(f"{A_PRICE},1", header="business_date,instrument_id,Close,Last"),
            "csv",
            either,
            Told("the columns 'Last', 'Close' are both there"),
        ),
        good(
            "one column a ticker",
            b"Date,AAPL US,IBM US,note\n2013-02-28,10.5,20.25,x\n",
            "csv",
            short(**wide),
            "30.75",
            ids=("AAPL", "IBM"),
        ),
        good(
            "wide with a gap",
            b"Date,A US,B US\n2013-02-28,,20.25\n",
            "csv",
            short(**wide),
            "20.25",
            accepted=1,
            ignored=1,
            ids=("B",),
        ),
        refused(
            "no wide column", b"Date,A UK\n2013-02-28,1\n", "csv", short(**wide), Told("no column matches")
        ),
        good(
            "two header rows",
            f"{top}2013-02-28,EQ_A,1,10.5\n2013-02-28,EQ_B,2,20.25\n".encode(),
            "csv",
            two_rows,
            "30.75",
        ),
        refused(
            "three missing columns are one finding",
            b"Datum,a\n2013-02-28,1\n",
            "csv",
            short(columns={"business_date": "Date"}),
            Told("there are no columns 'Date', 'instrument_id', 'close_local'; the file has 'Datum', 'a'"),
        ),
        Case(
            "hostile headers",
            b'business_date,instrument_id,close_local,"x""; drop table prices; --",<script>,../../etc,a\x1bb,'
            b"delivery_id,cell_0,row_number,reason\n2013-02-28,EQ_A,10.5,1,2,3,4,5,6,7,8\n",
            CSV,
            short(),
            accepted=1,
            sums={"close_local": "10.5"},
        ),
    ]


def totals() -> list[Case]:
    """Rows of totals and control totals, right and wrong."""
    wrong = Told("the stated total is 30.76 and the records add up to 30.75", 4, "close_local", "30.76")
    return [
        good(
            "a right total",
            lines(A_PRICE, B_PRICE, "Total,,30.75"),
            "csv",
            short(**TOTAL),
            "30.75",
            ignored=1,
        ),
        refused("a wrong total", lines(A_PRICE, B_PRICE, "Total,,30.76"), "csv", short(**TOTAL), wrong),
        refused(
            "a total that states nothing",
            lines(A_PRICE, "Total,,"),
            "csv",
            short(**TOTAL),
            Told("states no number here", 3, "close_local"),
        ),
        refused(
            "a total that is cut off",
            lines(A_PRICE, B_PRICE),
            "csv",
            short(**TOTAL),
            Told("there is no row of totals"),
        ),
        refused(
            "a record below the total",
            lines(A_PRICE, "Total,,10.5", B_PRICE),
            "csv",
            short(**TOTAL),
            Told("records stand below the last row of totals", 4),
        ),
        good(
            "right subtotals",
            lines(A_PRICE, "Total A,,10.5", B_PRICE, "Total B,,20.25"),
            "csv",
            GROUPS,
            "30.75",
            ignored=2,
        ),
        refused(
            "a wrong subtotal",
            lines(A_PRICE, "Total A,,10.5", B_PRICE, "Total B,,30.75"),
            "csv",
            GROUPS,
            Told("stated total is 30.75 and the records add up to 20.25", 5, "close_local", "30.75"),
        ),
        refused(
            "a total that counts a faulty row",
            lines(A_PRICE, "2013-02-28,EQ_B,x", "Total,,30.75"),
            "csv",
            short(**TOTAL),
            Told("add up to 10.5, 1 of them without a value", 4, "close_local"),
        ),
        good("a right row count", lines(A_PRICE, B_PRICE, "Summe,2"), "csv", COUNTED, "30.75", ignored=1),
        refused(
            "a wrong row count",
            lines(A_PRICE, B_PRICE, "Summe,3"),
            "csv",
            COUNTED,
            Told("the file states 3 rows and has 2", 4, None, "3"),
        ),
        refused("a lost footer", lines(A_PRICE), "csv", COUNTED, Told("does not state how many rows it has")),
        Case(
            "control totals above and below",
            POSITIONS_TEXT.encode(),
            "positions/custodian_2013-02-28.csv",
            POSITIONS,
            accepted=2,
            ignored=1,
            sums={"quantity": "1500.5", "cost_local": "-3.25"},
        ),
        Case(
            "a wrong control sum",
            POSITIONS_TEXT.replace("1.500,5", "1.500,6").encode(),
            "positions/custodian_2013-02-28.csv",
            POSITIONS,
            refused=True,
            first=Told("the stated sum of quantity is 1500.6 and the records add up to 1500.5", 1),
        ),
    ]
