"""Which made-up office does a demo start with?"""
