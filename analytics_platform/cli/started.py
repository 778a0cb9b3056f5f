"""When this process began to work; imported before anything that takes time."""

import time

STARTED = time.perf_counter()
