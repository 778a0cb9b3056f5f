"""Command that builds and verifies the sample: `python -m sample_data.build`. The work is in `builder`."""

from sample_data.builder.build import main

if __name__ == "__main__":
    main()
