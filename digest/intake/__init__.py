"""Files in, tagged stories out."""
