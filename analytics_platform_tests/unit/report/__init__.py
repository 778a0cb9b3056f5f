"""Tests of the pages; demo_frames.py makes the frames they are built from."""
