"""Run the command line with ``python -m veduta``."""

from veduta.cli.app import main

if __name__ == "__main__":
    main()
