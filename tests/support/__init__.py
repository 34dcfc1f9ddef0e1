"""What several tests need."""

import os
import sys

# Compiled code is kept, also for pytest's own processes and those that tests start, which inherit this: compiling takes
# them longer than most tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
