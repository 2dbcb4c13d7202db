"""The kinds of sources that are here keep the contract that those of others have to keep."""

from digest.intake.sources.contract import SourceContract
from digest.intake.sources.folder import Folder

LISTING = (
    "5 June 2026\nShelter opens in Tapachula\n\nIt has forty beds.\n\n9 June 2026\nConsulate on wheels\n\nOn Mondays.\n"
)


class TestFolder(SourceContract):
    def source(self, folder):
        path = folder / "bulletins"
        path.mkdir(exist_ok=True)
        (path / "june.en.txt").write_text(LISTING, encoding="utf-8")
        return Folder("tried", path, language=None, dates=None, fallback_language="en", root=folder)

    def spoil(self, folder):
        (folder / "bulletins" / "june.en.txt").write_bytes(b"\x00\x01\x02" * 1000)
