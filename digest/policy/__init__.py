"""Pure decisions: data in, intent out. Nothing here reads a clock, a file or a database."""
