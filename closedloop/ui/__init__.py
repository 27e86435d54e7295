"""The frame and its parts: sign-in, page registry, language, filters, cards, tables, downloads."""
