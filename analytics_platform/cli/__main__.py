"""``python -m analytics_platform.cli``: the same as the command `analytics`."""

from analytics_platform.cli.app import main

if __name__ == "__main__":
    main()
