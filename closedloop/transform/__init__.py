"""Building: raw and reference data become the published schemas, whole or not at all.

``build`` runs dbt in a child process on the ``*_next`` schemas, tests them there, and renames the four pairs
in one transaction. Nothing here is imported by a page except :mod:`closedloop.transform.freshness`.
"""
