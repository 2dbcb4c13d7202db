"""Pictures are kept once for an edition, and every message comes back as the very bytes that it was."""

from digest.editions.carried import with_pictures, without_pictures

NAME, OTHER = "a" * 32, "b" * 32


def message(name: str, data: str, subject: str = "July") -> bytes:
    head = f'Content-ID: <{name}@pictures.invalid>\r\nContent-Disposition: inline; filename="a.png"'
    part = f"--=_i\r\nContent-Type: image/png\r\n{head}\r\n\r\n{data}\r\n--=_i--"
    return f"Subject: {subject}\r\nTo: \0to\0\0date\0\r\n\r\n{part}\r\n".encode()


def test_many_mails_keep_a_picture_once() -> None:
    kept: dict[str, bytes] = {}
    mails = [message(NAME, "iVBORw0K\r\n" * 900 + "AAAA", f"Mail {number}") for number in range(20)]
    stored = [without_pictures(mail, kept) for mail in mails]
    assert list(kept) == [NAME]
    assert max(map(len, stored)) < 400
    assert [with_pictures(each, kept) for each in stored] == mails


def test_what_has_no_picture_is_stored_as_it_is() -> None:
    kept: dict[str, bytes] = {}
    plain = b"Subject: \0greeting\0\0to\0\r\n\r\nText\r\n"
    assert (without_pictures(plain, kept), with_pictures(plain, {}), kept) == (plain, plain, {})


def test_another_picture_of_the_same_name_stays_in_its_mail() -> None:
    kept: dict[str, bytes] = {}
    mails = [message(NAME, "AAAA"), message(NAME, "BBBB"), message(OTHER, "CCCC")]
    stored = [without_pictures(mail, kept) for mail in mails]
    assert stored[1] == mails[1]
    assert [with_pictures(each, kept) for each in stored] == mails


def test_a_mail_whose_picture_is_lost_is_another_mail() -> None:
    kept: dict[str, bytes] = {}
    mail = message(NAME, "AAAA")
    stored = without_pictures(mail, kept)
    assert with_pictures(stored, {}) != mail
    assert with_pictures(stored, {NAME: b"BBBB"}) != mail
