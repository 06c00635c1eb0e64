"""Why a file cannot become a road graph; every message says what to do next."""


class OsmFileError(Exception):
    """A file of map data cannot be used."""


class OsmFileUnreadableError(OsmFileError):
    """The file is missing, cut short, damaged or of another format."""


class OsmFileEmptyError(OsmFileError):
    """The file holds nothing."""


class NoRoadError(OsmFileError):
    """The file was read to its end and has no road a car may use."""
