"""What machines may ask of the office."""
