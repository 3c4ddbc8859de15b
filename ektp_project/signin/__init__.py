"""How do the office's people sign in, and how long does that last?"""
