"""axe-core in Debian's Chromium: what the WCAG ask as far as a machine can tell, and whether a mail fits the screen."""

import re

import pytest
from mail_programs import as_gmail, as_outlook

pytestmark = pytest.mark.browser

# A mail is shown inside a page that has landmarks of its own: these two rules are about whole pages.
PAGE_ONLY = ("region", "landmark-one-main")
RUN = """(off) => axe.run(document, {
    resultTypes: ["violations", "incomplete"],
    rules: Object.fromEntries(off.map((rule) => [rule, {enabled: false}])),
}).then((found) => ["violations", "incomplete"].flatMap((kind) => found[kind].flatMap((rule) => rule.nodes.map(
    (node) => `${rule.id} (${kind}): ${node.html.slice(0, 200)} ${node.failureSummary}`))))"""
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"

FAULTS = {
    "image-alt": (r' alt="[^"]*"', ""),
    "html-has-lang": (r'<html lang="[^"]*"', "<html"),
    "document-title": (r"<title>.*?</title>", ""),
    "color-contrast": (r"(</p>)", r'\1<p style="color:#999999;background:#ffffff">Small print</p>'),
    "link-name": (r"(</p>)", r'\1<a href="https://a.example/"></a>'),
    "heading-order": (r"<(/?)h3", r"<\1h5"),
}
PALE_IN_THE_DARK = "<style>@media (prefers-color-scheme: dark) { p { color: #2c3234 !important; } }</style></head>"
TABLE = '<table role="presentation" width="600"><tr><td style="width:600px">Too wide</td></tr></table>'


def without_styles(html):
    """As a mail program shows it that keeps no style blocks."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


@pytest.fixture(scope="module")
def findings(node_modules, window):
    script = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

    def found(html, width, scheme="light"):
        window.show(html, width, scheme)
        window.evaluate(script)
        return window.evaluate(RUN, PAGE_ONLY)

    return found


@pytest.fixture
def too_wide(window):
    def pixels(html, width):
        window.show(html, width)
        return window.evaluate(TOO_WIDE)

    return pixels


@pytest.mark.parametrize("width", [360, 800])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_leaves_nothing_undecided(findings, card, mail, width, scheme):
    found = findings(mail.html, width, scheme)
    card(mail, "Dark mode" if scheme == "dark" else "Accessibility", f"axe-core at {width} px", found)


def test_axe_finds_nothing_without_the_style_blocks(findings, card, mail):
    found = findings(without_styles(mail.html), 360)
    card(mail, "Accessibility", "axe-core at 360 px without style blocks", found)


@pytest.mark.parametrize("rule", FAULTS)
def test_axe_catches_a_fault(findings, mails, rule):
    pattern, instead = FAULTS[rule]
    broken = re.sub(pattern, instead, mails["bulletin-en-10"].html, flags=re.DOTALL)
    assert rule in {each.split()[0] for each in findings(broken, 360)}


def test_axe_catches_a_contrast_that_is_bad_in_the_dark_only(findings, mails):
    broken = mails["bulletin-en-10"].html.replace("</head>", PALE_IN_THE_DARK)
    assert not findings(broken, 360, "light")
    assert {each.split()[0] for each in findings(broken, 360, "dark")} == {"color-contrast"}


@pytest.mark.parametrize("width", [320, 360])
def test_nothing_is_wider_than_the_window(too_wide, card, any_mail, width):
    gate = f"pixels too wide at {width} px"
    card(any_mail, "Client support", gate, too_wide(any_mail.html, width))
    card(any_mail, "Client support", f"{gate} without style blocks", too_wide(without_styles(any_mail.html), width))


@pytest.mark.parametrize(("named", "left", "width"), [("Gmail", as_gmail, 360), ("Outlook", as_outlook, 640)])
def test_nothing_is_lost_in_a_simulated_mail_program(too_wide, card, any_mail, named, left, width):
    if any_mail.count != 40:  # these have contents, briefs and sections
        return
    shown = left(any_mail.html)
    card(any_mail, "Client support", f"pixels too wide in {named}, simulated", too_wide(shown, width))
    dead = [target for target in re.findall(r'href="#([^"]+)"', shown) if f'<a name="{target}"' not in shown]
    card(any_mail, "Client support", f"dead links of the contents in {named}, simulated", dead)


def test_a_simulated_mail_program_loses_what_it_cannot_show():
    cell = '<table><tr><td style="padding:9px">z</td></tr></table>'
    page = f'<html><body><p id="a" style="padding:8px;text-indent:-7px">x</p>{cell}</body></html>'
    assert 'id="a"' not in as_gmail(page)
    assert "-7px" not in as_gmail(page)
    assert "padding:8px" not in as_outlook(page)
    assert "padding:9px" in as_outlook(page)


@pytest.mark.parametrize("change", [str, without_styles], ids=["styled", "without-styles"])
def test_a_table_of_fixed_width_is_too_wide(too_wide, mails, change):
    broken = mails["bulletin-en-10"].html.replace("</p>", f"</p>{TABLE}", 1)
    assert too_wide(change(broken), 360) > 0


def test_a_mail_asks_for_its_own_pictures_and_nothing_else(window, card, any_mail):
    window.show(any_mail.html, 800)
    strange = set(window.asked_for) - any_mail.pictures
    card(any_mail, "Privacy and law", "addresses that Chromium loads besides the publisher's pictures", strange)


def test_an_address_of_somebody_else_is_noticed(window, mails):
    pixel = '<img src="https://tracker.example/open.gif" alt="" width="1" height="1">'
    window.show(mails["bulletin-en-1"].html.replace("</p>", f"</p>{pixel}", 1), 800)
    assert window.asked_for == ["https://tracker.example/open.gif"]
