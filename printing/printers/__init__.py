"""The printers: one family of drivers in the shape of Django's mail backends."""
