"""What does a resident touch? The kiosk in the hall and the board above it: pages that work offline."""
