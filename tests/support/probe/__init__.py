"""A service with nothing but the platform, for the tests of the shared library."""
