"""The gate on the final bytes."""
