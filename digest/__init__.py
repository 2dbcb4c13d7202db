"""Turns an office's bulletins into one mail per reader."""
