"""A local ArcGIS Server for rehearsals and tests: real HTTP(S), real caches on disk, nothing but loopback."""
