"""How do a subdistrict's recordings reach the office over a line that drops? See __main__.py."""
