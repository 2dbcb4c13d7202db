"""SMTP (RFC 5321): a connection carries a session, a session its mail transactions."""
