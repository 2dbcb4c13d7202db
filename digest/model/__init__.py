"""The nouns: frozen values without I/O. The glossary is `docs/glossary.md`."""
