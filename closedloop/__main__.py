"""``python -m closedloop …``"""

from closedloop.cli import main

if __name__ == "__main__":
    main()
