"""What does the whole stack get out of a real centre process, and what would ``rate_limit`` get?"""
