"""Domains that are one typing error away from a well-known one, such as `gmail.con`."""

from functools import lru_cache

WELL_KNOWN = (
    "gmail.com",
    "hotmail.com",
    "hotmail.es",
    "outlook.com",
    "outlook.es",
    "yahoo.com",
    "yahoo.es",
    "icloud.com",
)
REAL_NEIGHBOURS = frozenset({"mail.com", "ymail.com", "email.com", "gmx.com"})


@lru_cache(maxsize=4096)
def meant_domain(domain: str) -> str | None:
    """The well-known domain that was probably meant. A guess: never more than a warning."""
    from rapidfuzz.distance import OSA

    if domain in WELL_KNOWN or domain in REAL_NEIGHBOURS:
        return None
    return next((known for known in WELL_KNOWN if OSA.distance(domain, known, score_cutoff=1) == 1), None)
