"""The clerks' pages for WHAT WE MAKE."""
