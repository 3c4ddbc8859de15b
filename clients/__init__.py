"""Who speaks to the office over REST? Programs that know its API and nothing else of it."""
