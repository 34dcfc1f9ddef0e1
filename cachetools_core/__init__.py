"""CacheTools' core: deletes a map or image service's cache on ArcGIS Server and proves it; never imports arcpy."""

__version__ = "1.0.0"
