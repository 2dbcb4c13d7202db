"""What staff decide about an edition."""
