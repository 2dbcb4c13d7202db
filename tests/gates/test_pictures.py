"""The pictures of the mails in `docs/pictures/mails` are what the mails look like: no change of pixels goes unseen.

`make screenshots` takes them anew. What other versions of Chromium draw a little differently at the edges of letters is
averaged away: cells of 4 × 4 pixels are compared.
"""

import base64
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
REFERENCES = sorted((PICTURES / "mails").glob("*.png"))
MOST = 0.0005  # of the cells; a word of four letters is more
DIFFERENT = """async (pictures) => {
  const cells = [];
  for (const picture of pictures) {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const [width, height] = [Math.ceil(image.width / 4), Math.ceil(image.height / 4)];
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, width, height);
    cells.push(context.getImageData(0, 0, width, height).data);
  }
  const [a, b] = cells;
  if (a.length !== b.length) return 1;
  let found = 0;
  for (let at = 0; at < a.length; at += 4) {
    found += [0, 1, 2].some((part) => Math.abs(a[at + part] - b[at + part]) > 24);
  }
  return found / (a.length / 4);
}"""


@pytest.fixture(scope="module")
def fresh(program, font, tmp_path_factory):
    program("chromium", "chromium")
    font("noto", "fonts-noto-core")
    font("roboto", "fonts-roboto-unhinted")
    font("dejavu", "fonts-dejavu-core")
    folder = tmp_path_factory.mktemp("pictures")
    subprocess.run([sys.executable, PICTURES / "take.py", folder], check=True, timeout=300)
    return folder


@pytest.fixture
def share(window):
    """Of two pictures: the share of cells that differ."""

    def reckoned(*pictures):
        return window.evaluate(DIFFERENT, [base64.b64encode(picture).decode() for picture in pictures])

    return reckoned


def test_every_set_has_its_pictures(fresh):
    assert sorted(each.name for each in fresh.iterdir()) == [each.name for each in REFERENCES]


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.stem)
def test_a_mail_looks_as_it_does_in_its_picture(fresh, share, reference):
    different = share(reference.read_bytes(), (fresh / reference.name).read_bytes())
    assert different <= MOST, "look at the change: make screenshots, then git diff"


def test_a_single_new_word_is_seen(window, share):
    picture = (PICTURES / "mails" / "bulletin-en-phone-light.png").read_bytes()
    html = f'<body style="margin:0"><img src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
    word = '<b style="position:absolute;left:250px;top:40px">News</b>'
    shares = []
    for page in (html, html + word):
        window.show(page, 360, height=1200)
        shares.append(share(picture, window.screenshot()))
    assert shares[0] == 0
    assert shares[1] > MOST
