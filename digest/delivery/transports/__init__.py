"""How messages leave, one contract: files, Maildir, sendmail, SMTP."""
