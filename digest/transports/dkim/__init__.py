"""DKIM (RFC 6376): every message leaves with a signature that its reader's mail system can check."""
