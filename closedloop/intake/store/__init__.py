"""Writing what was validated: all of one file in one transaction, under the lock shared with builds."""
