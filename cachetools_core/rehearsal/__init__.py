"""A local ArcGIS Server for rehearsals and tests: real HTTP(S), real caches on disk, nothing but loopback."""

import os

# NumPy reads these once, when it is imported. The products here are small, and where another program keeps the cores
# busy, threads that spin while they wait for one another take minutes for what one thread does in a second.
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
