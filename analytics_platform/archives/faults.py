"""Why an archive could not be built or put. No step of it is here."""


class ArchiveError(Exception):
    """An archive cannot be built or put; the text names what is wrong and the cure."""
