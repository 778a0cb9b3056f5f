"""Static HTML pages for readers: frames in, text out. No files, no orchestration, no warehouse."""
