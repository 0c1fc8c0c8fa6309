#!/usr/bin/env python
"""Django's command line for Interlabel."""

from labeling.command_line import main

if __name__ == "__main__":
    main()
