"""Which countries and topics an item concerns, by evidence: every tag with its reason."""
