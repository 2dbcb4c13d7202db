"""A monthly newsletter of an office with one audience, on which the calendar is tried."""

import pytest

SETTINGS = """
publisher: {{name: Office, address: Apartado 100, website: "https://www.example.org", timezone: America/Costa_Rica}}
sources: {{newsroom: bulletins/}}
audiences:
  regional: {{title: Whole region, everything: true}}
newsletters:
  monthly:
    title: News
    from: News <news@news.example.org>
    every: month
    send: day 5 at 09:00
    audiences: [regional]
    languages: [en]
    {more}
subscribers: subscribers.yaml
delivery: {{transport: {transport}}}
"""


@pytest.fixture
def monthly_office(tmp_path):
    """`more` lines are said of the newsletter; of each month there is one story."""

    def make(*more, readers=("ana@example.org",), months=("July",), transport="files, path: out"):
        (tmp_path / "digest.yaml").write_text(SETTINGS.format(more="\n    ".join(more), transport=transport))
        rows = "".join(f"  - {{address: {reader}, audiences: [regional]}}\n" for reader in readers)
        (tmp_path / "subscribers.yaml").write_text(f"subscribers:\n{rows}")
        (tmp_path / "bulletins").mkdir()
        for month in months:
            (tmp_path / f"bulletins/{month}.en.txt").write_text(
                f"7 {month}, 2018\n\nA story of {month}\n\nIts words.\n"
            )
        return tmp_path

    return make
