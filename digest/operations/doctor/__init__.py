"""What the doctor looks at, one concern a file; `doctor` is its round."""
