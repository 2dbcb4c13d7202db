"""What the pages for contributors name is there."""

import pytest
from codebase import HOUSE, ROOT, is_there, places

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md", *(str(page.relative_to(ROOT)) for page in DECISIONS)]


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_exists(page):
    named = places((ROOT / page).read_text(encoding="utf-8"))
    assert [place for place in named if not is_there(place) and place not in HOUSE["elsewhere"]] == []
