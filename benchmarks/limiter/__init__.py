"""How much of an unknown centre's capacity does a limiter use, and what does it waste? In simulated time."""
