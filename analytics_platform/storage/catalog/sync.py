"""Making the catalogue say what the lake holds."""

from analytics_platform.storage.catalog.differences import Step, differences
from analytics_platform.storage.catalog.glue import GlueCatalog
from analytics_platform.storage.catalog.inventory import content_of_lake


def sync(catalog: GlueCatalog, *, dry_run: bool = False) -> list[Step]:
    """Bring the catalogue in line with its lake: every table of the contracts, every folder of objects.

    Writers may go on meanwhile. What is in the catalogue is asked before what is in the lake: an object
    stands before its partition is registered and is never taken away, so no partition that somebody registers
    in between is found without objects and removed.

    Parameters
    ----------
    catalog : GlueCatalog
        The catalogue.
    dry_run : bool
        Only look.

    Returns
    -------
    list of Step
        What differed, and unless it was only looked, was done.

    Raises
    ------
    CatalogError
        If catalogue or lake cannot be reached, or a table is something else in the catalogue.
    """
    found = catalog.content()
    steps = differences(found, content_of_lake(catalog.lake_url, without=catalog.without))
    if not dry_run:
        catalog.apply(steps)
    return steps
