"""How is a list of people read from a spreadsheet? Pure reading: no database, no decisions about people."""
