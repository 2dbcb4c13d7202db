"""What staff look at: status, report, explain, pages."""
