"""How does one command run the whole system on one machine, without root, Docker or a database?

``python -m ektp_project.embedded`` (that is ``make run``) is in ``__main__``. Nothing in here reads
Django's settings: they want the addresses of services that are only started here.
"""
