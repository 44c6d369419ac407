"""Which days of a year are public holidays?"""

from datetime import date
from functools import lru_cache


@lru_cache(maxsize=256)
def days(place: str, year: int) -> frozenset[date]:
    """The holidays in `place`, a country ("DE") or one of its parts ("DE-BY"); ValueError when it is unknown."""
    # Imported late: the library takes half a second, and most configurations name no holidays.
    from holidays import country_holidays

    country, _, part = place.partition("-")
    try:
        return frozenset(country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError as e:
        raise ValueError(f"there are no holidays known for {place!r}") from e
