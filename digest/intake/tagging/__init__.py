"""Which countries and topics, by evidence."""
