"""Those who can say something about a service's cache, one a file; each is asked and says what it says."""
