"""How messages leave: files, Maildir, sendmail, SMTP."""
