"""What files say, read by evidence."""
