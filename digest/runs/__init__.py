"""All that is due, once or again and again."""
