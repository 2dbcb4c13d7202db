"""What `digest doctor` looks at: one module per concern, from facts to diagnoses. Nothing here changes anything."""
