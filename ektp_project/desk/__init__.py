"""The clerks' desk: the pages over Django's own admin that answer the questions of the day."""
