"""Plan, build, check, review, approve."""
