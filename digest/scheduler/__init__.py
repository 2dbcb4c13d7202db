"""The scheduler: an alarm clock around a callable, and what it tells systemd. What is due is decided elsewhere."""
