"""Ways to see a mail: as programs show it that leave something of it out."""

from collections.abc import Callable

from digest.desk.pages import VariantView, framed

HTML = (
    "<style>@media only screen and (max-width:480px) { .a { width:100% } .b { top:0 } } .c { color:#123456 }</style>"
    "<!--[if mso]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]-->"
    "<!--[if mso | IE]><table><tr><td><![endif]--><!--[if !mso]><!--><b>not Outlook</b><!--<![endif]-->"
    '<td background="https://x.example/p.png" style="color:#654321;background:#fff url(p.png) top">Story</td>'
    "<!--[if mso | IE]></td></tr></table><![endif]-->"
)


def test_outlook_has_no_media_queries_no_background_pictures_and_what_is_for_it_alone(
    variant: Callable[..., VariantView],
) -> None:
    seen = framed(variant(html=HTML), "outlook")
    assert "@media" not in seen
    assert ".c { color:#123456 }" in seen
    assert "<table><tr><td>" in seen
    assert "not Outlook" not in seen
    assert "96" not in seen
    assert "p.png" not in seen
    assert "color:#654321" in seen
    assert "Story" in seen
    assert framed(variant(html=HTML)).startswith(HTML)
