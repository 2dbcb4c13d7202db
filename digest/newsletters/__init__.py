"""What is sent, to whom and when, as people define it."""
