"""How does the office write dates where Django's own way is another country's?"""
