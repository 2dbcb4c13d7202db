"""The verbs, over ports only: collect, build, approve, send."""
