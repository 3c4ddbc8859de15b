"""What machines may ask of the registry, and the manners of every endpoint."""
