"""Which papers does the office print?

Each file is one paper: its rows as frozen dataclasses, and one pure function rows → PDF. They are
Indonesian whatever language a clerk has chosen, because a paper belongs to the office, not to its clerk.
``printing.selectors.papers`` reads the rows; ``printing.admin.papers`` hands the papers out.
"""
