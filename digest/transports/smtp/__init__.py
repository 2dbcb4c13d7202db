"""SMTP (RFC 5321): messages leave through a server that speaks it, one recipient each, with the final dot held back."""
