"""Comparing a period with the one before (环比) and with the year before (同比): arithmetic only.

Daily figures come in as arrays, small frozen results go out. Nothing here reads the warehouse or says a word
to anybody; which rules hold, and why, stands in ``docs/semantics.md`` under *Comparing periods*.
"""
