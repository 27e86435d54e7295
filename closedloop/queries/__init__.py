"""Read-only questions to the marts: one function per question, with the scope and the moment required."""
