"""Lists that leave the product as CSV or XLSX: in the scope of who asks, and saying what they are.

The framework's own download addresses ask nobody who they are. So a file is made on a route of our own
(:mod:`closedloop.ui.exports.route`) that reads the cookie again and puts the question again; nothing is
stored. A list is one :class:`Export` in :mod:`closedloop.ui.exports.registry`; its page shows
:func:`closedloop.ui.exports.links.download_links`.
"""
