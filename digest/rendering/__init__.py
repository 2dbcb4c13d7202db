"""From a variant's content to the bytes that leave: templates, words, messages, one person's slots."""
