"""Takes the pictures of the README and the docs: the demo's mails and pages in headless Chromium."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
PROGRAM = Path(sys.executable).with_name("digest")


@dataclass(frozen=True)
class Picture:
    name: str
    page: str  # below the demo workspace
    width: int
    height: int
    scheme: str = "light"
    scale: float = 1.5


MAILS = "editions/monthly/2018-07/variants"
PICTURES = (
    Picture("desktop", f"{MAILS}/regional.en.html", 760, 940),
    Picture("phone", f"{MAILS}/guatemala.es.html", 360, 720, scale=2),
    Picture("phone-dark", f"{MAILS}/costa-rica.es.html", 360, 720, scheme="dark", scale=2),
    Picture("preview", "preview.html", 1280, 860),
    Picture("editions", "editions/index.html", 1100, 760),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        subprocess.run([PROGRAM, "-q", "demo", folder], check=True, stdout=subprocess.DEVNULL)
        draft = Path(folder, "draft")
        shutil.copytree(HERE.parents[1] / "seeds", draft)
        once = ["preview", "july", "--once", Path(folder, "preview.html")]
        subprocess.run([PROGRAM, "-q", "-C", draft, *once], check=True)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for picture in PICTURES:
            _take(browser, Path(folder), picture)
        browser.close()


def _take(browser: Browser, folder: Path, picture: Picture) -> None:
    page = browser.new_page(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.scheme == "dark" else "light",
        device_scale_factor=picture.scale,
    )
    page.goto((folder / picture.page).as_uri())
    page.wait_for_timeout(400)
    page.screenshot(path=HERE / f"{picture.name}.png")
    page.close()
    print(f"docs/pictures/{picture.name}.png")


if __name__ == "__main__":
    main()
