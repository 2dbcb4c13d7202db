"""The gate on the final bytes of every mail: one file per concern, each finding with place, reason and fix."""
