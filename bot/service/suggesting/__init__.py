"""What options can be completed with."""
