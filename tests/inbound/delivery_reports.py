"""Delivery reports as ten systems write them: made up anew in their form, with the reason that a server gave put in."""

HEAD = "Return-Path: <>\nDate: Mon, 6 Aug 2018 09:00:00 +0000\nTo: bulletin@news.example.org\nMIME-Version: 1.0\n"
COPY = (
    "Received: from office.example.org\nFrom: bulletin@news.example.org\nSubject: Guide 5.1.1 to a new quota policy\n"
)


def exim(who: str, said: str) -> str:
    return (
        f"{HEAD}From: Mail Delivery System <Mailer-Daemon@host.example>\nX-Failed-Recipients: {who}\n"
        "Auto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender\n\n"
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {who}\n    host mx.example.net [192.0.2.7]\n    SMTP error from remote mail server after RCPT TO:<{who}>:\n"
        f"    {said}\n\n------ This is a copy of the message, including all the headers. ------\n\n{COPY}\n"
    )


def cpanel(who: str, said: str) -> str:
    """Exim again, with a report by the standard that leaves the reason to its text."""
    text = exim(who, said).split("\n\n", 1)[1]
    return _report(
        "From: Mail Delivery System <Mailer-Daemon@cp12.hosting.example>\nSubject: Mail delivery failed\n",
        text,
        f"Reporting-MTA: dns; cp12.hosting.example\n\nAction: failed\nFinal-Recipient: rfc822;{who}\nStatus: 5.0.0\n",
    )


def postfix(who: str, said: str) -> str:
    return _report(
        "From: MAILER-DAEMON@relay.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n",
        "This is the mail system at host relay.example.\n\nI'm sorry to have to inform you that your message\n"
        f"could not be delivered to one or more recipients.\n\n<{who}>: "
        f"host mx.example.net[192.0.2.7] said: {said} (in reply to\n"
        "    RCPT TO command)\n",
        f"Reporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; {who}\nAction: failed\n"
        f"Status: {_status(said)}\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; {said}\n",
    )


def sendmail(who: str, said: str) -> str:
    return _report(
        "From: Mail Delivery Subsystem <MAILER-DAEMON@relay.example>\n"
        "Subject: Returned mail: see transcript for details\n",
        "The original message was received at Mon, 6 Aug 2018 08:59:58 GMT\nfrom office.example.org [192.0.2.1]\n\n"
        f"   ----- The following addresses had permanent fatal errors -----\n<{who}>\n    (reason: {said})\n\n"
        f"   ----- Transcript of session follows -----\n... while talking to mx.example.net.:\n>>> DATA\n<<< {said}\n"
        f"{said[:3]} {_status(said)} <{who}>... refused\n",
        f"Reporting-MTA: dns; relay.example\n\nFinal-Recipient: RFC822; {who}\nAction: failed\n"
        f"Status: {_status(said)}\nDiagnostic-Code: SMTP; {said}\n",
    )


def qmail(who: str, said: str) -> str:
    return (
        f"{HEAD}From: MAILER-DAEMON@relay.example\nSubject: failure notice\n\nHi. This is the qmail-send program at "
        "relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a "
        f"permanent error; I've given up. Sorry it didn't work out.\n\n<{who}>:\n192.0.2.7 does not like recipient.\n"
        f"Remote host said: {said}\nGiving up on 192.0.2.7.\n\n"
        f"--- Below this line is a copy of the message.\n\n{COPY}\n"
    )


def exchange(who: str, said: str) -> str:
    return _report(
        "From: Microsoft Exchange <postmaster@corp.example>\n"
        "Subject: Undeliverable: Guide 5.1.1 to a new quota policy\n",
        f"Delivery has failed to these recipients or distribution lists:\n\n{who}\n\nDiagnostic information for "
        f"administrators:\n\nGenerating server: mail.corp.example\n\n{who}\n#{said} ##\n\nOriginal message headers:\n\n"
        f"{COPY}\n",
        f"Reporting-MTA: dns;mail.corp.example\n\nFinal-Recipient: RFC822;{who}\nAction: failed\n"
        f"Status: {_status(said)}\nDiagnostic-Code: smtp;{said}\nX-Display-Name: Ana\n",
    )


def office365(who: str, said: str) -> str:
    page = (
        f"<html><body><p>Your message to {who} couldn't be delivered.</p><table><tr><td>bulletin</td>"
        f"<td>Office 365</td></tr></table><p>Remote Server returned '{said}'</p><p>Original Message Headers</p>"
        f"<pre>{COPY}</pre></body></html>"
    )
    return _report(
        "From: <postmaster@corp.onmicrosoft.example>\nSubject: Undeliverable: Guide 5.1.1 to a new quota policy\n"
        "X-MS-Exchange-Message-Is-Ndr:\nAuto-Submitted: auto-replied\n",
        page,
        f"Reporting-MTA: dns;AM0PR01MB1.eurprd01.prod.exchangelabs.example\n\nFinal-Recipient: rfc822;{who}\n"
        f"Action: failed\nStatus: {_status(said)}\nDiagnostic-Code: smtp;{said}\n",
        kind="text/html; charset=us-ascii",
    )


def gmail(who: str, said: str) -> str:
    return _report(
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\n"
        "Subject: Delivery Status Notification (Failure)\n"
        f"X-Failed-Recipients: {who}\nAuto-Submitted: auto-replied\n",
        f"\n** Address not found **\n\nYour message wasn't delivered to {who}.\n\nThe response was:\n\n{said}\n",
        f"Reporting-MTA: dns; googlemail.example\nArrival-Date: Mon, 06 Aug 2018 01:59:58 -0700 (PDT)\n\n"
        f"Final-Recipient: rfc822; {who}\nAction: failed\nStatus: {_status(said)}\nRemote-MTA: dns; mx.example.net\n"
        f"Diagnostic-Code: smtp; {said}\nLast-Attempt-Date: Mon, 06 Aug 2018 01:59:59 -0700 (PDT)\n",
    )


def ses(who: str, said: str) -> str:
    return _report(
        "From: MAILER-DAEMON@eu-west-1.amazonses.example\nSubject: Delivery Status Notification (Failure)\n",
        f"An error occurred while trying to deliver the mail to the following recipients:\n{who}\n",
        f"Reporting-MTA: dns; a4-7.smtp-out.eu-west-1.amazonses.example\n\n"
        f"Action: failed\nFinal-Recipient: rfc822; {who}\nDiagnostic-Code: smtp; {said}\nStatus: {_status(said)}\n",
    )


def sympa(who: str, said: str) -> str:
    """A list server that repeats what came back to it, as plain text."""
    return (
        f"{HEAD}From: MAILER-DAEMON@lists.example (Mail Delivery System)\nSubject: Returned mail: delivery failed\n\n"
        f"The following message could not be delivered to a subscriber of the list:\n\n<{who}>: {said}\n\n"
        f"----- Original message -----\n\n{COPY}\n"
    )


SYSTEMS = (exim, postfix, qmail, exchange, office365, gmail, ses, sendmail, sympa, cpanel)


def _status(said: str) -> str:
    """Where the server gave none, reporters write the one that says nothing."""
    found = said.split()[1] if said[:3].isdigit() else ""
    return found if found[:2] == f"{said[0]}." else f"{said[0]}.0.0"


def _report(head: str, text: str, fields: str, kind: str = "text/plain; charset=us-ascii") -> str:
    return (
        f'{HEAD}{head}Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: '
        f"{kind}\n\n{text}\n--b\nContent-Type: message/delivery-status\n\n{fields}\n--b\nContent-Type: "
        f"text/rfc822-headers\n\n{COPY}\n--b--\n"
    )
