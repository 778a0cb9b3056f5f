"""The benchmarks by name. A benchmark is imported only where it runs, in a process of its own."""

from dataclasses import dataclass
from importlib import import_module

from benchmarks.result import Measured


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes
    ----------
    module : str
        Module of this package whose function `measure` runs it.
    summary : str
        What it compares.
    is_single_threaded : bool
        Whether numeric libraries are held to one thread, as the risk kernels are meant to run.
    """

    module: str
    summary: str
    is_single_threaded: bool = False

    def run(self, *, is_quick: bool) -> Measured:
        """Run it in this process."""
        measured: Measured = import_module(f"benchmarks.{self.module}").measure(is_quick=is_quick)
        return measured


CATALOGUE = {
    "import": Benchmark("start", "definitions in a fresh interpreter, against bare Dagster"),
    "events": Benchmark("events", "Dagster's bookkeeping of a range run, by event log storage"),
    "demo": Benchmark("demo", "the whole chain: first demo, second demo, backfill of a year"),
    "ten-years": Benchmark("ten_years", "every session of the sample, and whether cost grows in line"),
    "options": Benchmark("options", "European option prices, against QuantLib", is_single_threaded=True),
    "tail": Benchmark("tail", "VaR and ES, against DuckDB, pandas and BLAS", is_single_threaded=True),
    "components": Benchmark(
        "components", "component VaR, against the covariance in full", is_single_threaded=True
    ),
    "risk": Benchmark("risk_step", "the whole risk step of 5,000 positions", is_single_threaded=True),
    "bonds": Benchmark("bonds", "yields and present values, against QuantLib", is_single_threaded=True),
    "curves": Benchmark("curves", "par-curve bootstrap, against QuantLib", is_single_threaded=True),
    "ingest": Benchmark(
        "ingest", "five million CSV rows to the lake, against bare polars, DuckDB and pandas"
    ),
    "validation": Benchmark("validation", "the faults of five million rows, against pandera"),
    "workbook": Benchmark("workbook", "100,000 rows of Excel, against the bare reader"),
    "bombs": Benchmark("bombs", "files that kill their reader, refused: seconds and memory of the parent"),
    "lake": Benchmark("lake_reads", "a session and an instrument out of ten years, against plain files"),
    "burst": Benchmark("burst", "a thousand small files that land at once"),
    "ticks": Benchmark("aws_ticks", "a sensor tick by queue, against listing 20,000 objects"),
    "aws": Benchmark("aws", "from upload to published result by stage, on the emulated cloud"),
    "uploads": Benchmark("aws_burst", "1,000 uploads at once on the emulated cloud"),
    "slim": Benchmark(
        "slim_container", "cold and warm start of the slim container, against aws s3 cp and tar"
    ),
    "redshift": Benchmark("redshift", "COPY and UNLOAD on the double, against inserts and the cursor"),
    "api": Benchmark("api", "a request of each read endpoint, against a bare FastAPI route"),
}
