"""How many cards a second, beside what Celery's own tasks cost and with a million waiting?"""
