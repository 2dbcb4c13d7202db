"""What people write about the program: `digest.yaml` and the subscriber file, read into the model's nouns."""
