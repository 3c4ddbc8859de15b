"""Everything the office says to the centre goes through this room."""
